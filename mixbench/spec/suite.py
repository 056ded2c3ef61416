"""A suite: the TOML file that fixes data, split, base transform, budget and the battery's settings."""

from __future__ import annotations

import os
import tomllib
from copy import deepcopy
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError, explain, unknown
from mixbench.spec.places import as_path
from mixbench.spec.plain import shown
from mixbench.spec.sections.battery import Battery
from mixbench.spec.sections.data import Data, Shift
from mixbench.spec.sections.execution import Execution, Expected
from mixbench.spec.sections.fields import Count, Name
from mixbench.spec.sections.model import Model
from mixbench.spec.sections.training import Budget
from mixbench.spec.sections.transform import Transform
from mixbench.spec.strict import Strict
from mixbench.spec.written import measured, places_in, without_places

DEFAULT_SUITE = "digits"
PAST = "past"
"""The folder of shipped suites' old versions, NAME@VERSION.toml, beside the present ones."""

MAX_BYTES = 100_000


class Suite(Strict):
    """One suite as resolved, beside the TOML as it was written."""

    name: Name
    version: Count
    backbone: str
    data: Data
    transform: Transform
    model: Model = Field(default_factory=Model)
    training: Budget
    battery: Battery
    shifts: list[Shift] = Field(default_factory=list)
    execution: Execution = Field(default_factory=Execution)
    expected: Expected | None = None
    written: dict[str, Any] = Field(exclude=True, repr=False)

    @model_validator(mode="after")
    def _stored_is_cut(self) -> Suite:
        for name in ("stored", "whole"):
            if getattr(self.data, name) and self.transform.random_resized_crop is None:
                raise ValueError(f"data.{name} needs transform.random_resized_crop, as in the suite imagenet")
        return self

    @model_validator(mode="after")
    def _no_plane_no_transform(self) -> Suite:
        if not self.data.values.plane and not self.transform.is_none:
            raise ValueError(
                "transform needs crop_padding = 0 and flip = false, since the data have no height and width"
            )
        if not self.data.values.plane and self.model.pretrained:
            raise ValueError("model.pretrained needs images, since there are no other weights")
        return self

    @model_validator(mode="after")
    def _shifts_fit(self) -> Suite:
        if len({shift.name for shift in self.shifts}) < len(self.shifts):
            raise ValueError("shifts needs each name once")
        if any(label >= self.data.classes for shift in self.shifts for label in shift.apart):
            raise ValueError(f"shifts needs labels from 0 to {self.data.classes - 1} in apart")
        return self

    @cached_property
    def digest(self) -> str:
        """The digest of the TOML's values as written, without what does not change a number."""
        outside = {"backbone", "execution", "expected"}
        return digest(measured({key: value for key, value in self.written.items() if key not in outside}))

    @property
    def settings(self) -> dict[str, Any]:
        """The suite for records: the battery's settings at the top, the rest below; no places, no defaults unsaid."""
        rest = self.model_dump(mode="json", exclude={"battery", "execution", "expected"}, exclude_unset=True)
        return {**self.battery.model_dump(mode="json", exclude_unset=True), **without_places(rest)}


def suites_folder() -> Path:
    """Return the folder of the shipped suites: inside the installed package, or beside it in a clone."""
    package = Path(__file__).parents[1]
    shipped = package / "configs"
    return shipped if shipped.is_dir() else package.parent / "configs"


def suite_names() -> list[str]:
    """Return the names of the shipped suites, sorted."""
    return sorted(path.stem for path in suites_folder().glob("*.toml"))


@cache
def known_suites() -> dict[str, Suite]:
    """Return every shipped suite by its digest, old versions too."""
    paths = [*suites_folder().glob("*.toml"), *(suites_folder() / PAST).glob("*.toml")]
    return {suite.digest: suite for suite in map(load_suite, sorted(paths))}


def load_suite(name: str | os.PathLike[str]) -> Suite:
    """Read a shipped suite by name (or name@version) or any suite by its file's path, .toml or not where it lies here.

    MixBenchError where it cannot be used.
    """
    if not isinstance(name, (str, os.PathLike)):
        raise MixBenchError(f"suite: needed a name or a file's path, got {type(name).__name__}; give such as 'digits'")
    path = _find(os.fspath(name))
    return parse_suite(_read(path), path)


def parse_suite(text: str, path: Path) -> Suite:
    """Return the suite of a TOML text that stands, or is to stand, at a path; MixBenchError where it cannot be used."""
    written = _at_home(_tables(text, path), path.absolute())
    try:
        return Suite.model_validate({**written, "written": written})
    except ValidationError as error:
        raise MixBenchError(f"suite {shown(path)}: {explain(error, _known_keys())}; mend the file") from None


def _known_keys() -> set[str]:
    """Every key that some part of a suite has, for did-you-mean."""
    schema = Suite.model_json_schema()
    return {key for part in (schema, *schema["$defs"].values()) for key in part["properties"]} - {"written"}


def _find(name: str) -> Path:
    if name in suite_names():
        return suites_folder() / f"{name}.toml"
    if os.sep not in name and "@" in name and not name.endswith(".toml"):
        return _version(*name.split("@", 1))
    if not name.endswith(".toml") and os.sep not in name:
        if Path(f"{name}.toml").is_file():
            return Path(f"{name}.toml")
        known = suite_names()
        raise unknown("suite", name, known, f"'mixbench list suites' shows {', '.join(known)}; or give a .toml file")
    return Path(name)


def _version(name: str, version: str) -> Path:
    shipped = {f"{suite.name}@{suite.version}": suite for suite in known_suites().values()}
    wanted = f"{name}@{version}"
    if wanted not in shipped:
        raise unknown("suite", wanted, shipped, f"shipped are {', '.join(sorted(shipped))}")
    now = suites_folder() / f"{name}.toml"
    is_now = now.is_file() and load_suite(now).version == shipped[wanted].version
    return now if is_now else suites_folder() / PAST / f"{wanted}.toml"


def _at_home(written: dict[str, Any], path: Path) -> dict[str, Any]:
    """Make the places that a suite names absolute; they are relative to the suite's own file."""
    placed = deepcopy(written)
    for section, key in places_in(placed):
        if isinstance(section[key], str):
            try:
                section[key] = os.path.normpath(path.parent.resolve() / as_path(section[key]).expanduser())
            except RuntimeError:
                raise MixBenchError(
                    f"suite {shown(path)}: {key}: needed a path, got {section[key]!r}, a user who is not here; mend the"
                    " file"
                ) from None
    return placed


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MixBenchError(f"suite {shown(path)}: at most {MAX_BYTES} bytes, got {path.stat().st_size}")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MixBenchError(f"suite {shown(path)}: needed a TOML file, got none there; check the path") from None
    except (OSError, ValueError) as error:
        raise MixBenchError(f"suite {shown(path)}: needed a readable TOML file, got {error}") from None


def _tables(text: str, path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        got = str(error) or type(error).__name__
        raise MixBenchError(f"suite {shown(path)}: needed TOML, got a file that is not: {got}; mend it") from None
    if "written" in written:
        raise MixBenchError(f"suite {shown(path)}: written: unknown key; mend the file")
    return written
