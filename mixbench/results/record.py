"""The record: one strict JSON a run, never edited, that says what was measured, on what and with what."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from mixbench.results.attacks import FIRST
from mixbench.results.readings import Number, Reading
from mixbench.results.shown import Readings, readings_frame, summary, summary_html
from mixbench.results.strict_json import read_json
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.places import given_path
from mixbench.spec.sections.fields import Count
from mixbench.spec.strict import Strict

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
BATTERY_VERSION = 1
"""Raised whenever the battery changes a reading; old records stay as they are."""

EXTERNAL = "external"
"""The augmentation of a record about weights that were trained elsewhere."""

MODULE = "module"
"""The backbone of a record about a model that was given in Python."""

MAX_SOURCE = 100_000
"""Characters of a contributed method's file."""

MAX_LINE = 1000
"""Characters of a line of it, which the page shows whole."""

NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
"""Of weights from elsewhere."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class OutcomesFile(Strict):
    """Where the per-example outcomes lie: a bare file name in the record's own folder.

    The version counts what was added to outcomes and readings; a record holds everything up to its own.
    """

    version: Annotated[int, Field(ge=FIRST)] = FIRST
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.npz$")]
    sha256: Digest


class Source(Strict):
    """The file of a contributed method, as text that nothing here ever runs; sha256 is that of its UTF-8 bytes."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.py$")]
    sha256: Digest
    text: Annotated[str, Field(max_length=MAX_SOURCE)]


class Provenance(Strict):
    """With what code and where the examination was made; commit is null outside a git checkout.

    `trainings_made_with` has the trainings that other versions or another commit made; seconds are wall time a job.
    `cpu_model` is that of all jobs, on which equal bits depend; null where they had several or it is not known.
    `processes` is among how many each batch of a training was divided, `micro_batch` how many images went through the
    model at once, null for all of a process's.
    """

    commit: str | None
    dirty: bool | None
    packages: dict[str, str]
    python: str
    trainings_made_with: dict[str, dict[str, Any]]
    device: str
    cpu_model: str | None = None
    threads: int
    seconds: dict[str, float]
    created: str
    processes: Count = 1
    micro_batch: Count | None = None


class Record(Strict):
    """One record. `model` says how the backbone was made, `link` how logits become probabilities.

    `groups` are the optional groups of measures that it holds; `sources` has the files of contributed methods by their
    names in the canonical spec; `name` is that of weights from elsewhere, whose seeds are one row.
    """

    schema_version: Literal[1]
    battery_version: int
    mixbench_version: str
    suite: str
    suite_digest: Digest
    backbone: str
    augmentation: str
    method_versions: dict[str, int | str]
    seed: int | None
    settings: dict[str, Any]
    model: dict[str, Any]
    link: str
    label_noise: dict[str, dict[str, float]]
    readings: dict[str, Reading]
    curves: dict[str, dict[str, list[Number]]]
    flags: list[str]
    trainings: dict[str, Digest]
    outcomes: OutcomesFile
    provenance: Provenance
    groups: list[str] = Field(default_factory=list)
    sources: dict[str, Source] = Field(default_factory=dict)
    name: Annotated[str, Field(pattern=NAME)] | None = None
    digest: Digest

    @field_validator("readings", mode="after")
    @classmethod
    def _explained(cls, readings: dict[str, Reading]) -> dict[str, Reading]:
        return Readings(readings)

    @property
    def eps_curve(self) -> list[float]:
        """The suite's ε, which its outcomes' curves go over and which are not kept with them; none where not given."""
        eps = self.settings.get("eps_curve")
        return [float(each) for each in eps if isinstance(each, int | float)] if isinstance(eps, list) else []

    def frame(self) -> pd.DataFrame:
        """Return a row a measure: value, low, high and n, as `mixbench list measures` explains them."""
        return readings_frame(self.readings)

    def __repr__(self) -> str:
        return summary(_titled(self), self.readings, self.flags)

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return summary_html(_titled(self), self.readings, self.flags)


def _titled(record: Record) -> str:
    seed = "" if record.seed is None else f", seed {record.seed}"
    called = record.name or record.augmentation
    return f"Record of {called}{seed} on {record.suite}, {record.backbone}"


def identity(record: Record) -> str:
    """Return the digest of what no two records on a board have in common: suite, battery, backbone, method and its
    version, seed."""
    return identity_of(
        record.suite_digest,
        record.backbone,
        record.augmentation,
        record.method_versions,
        record.seed,
        record.battery_version,
        record.name,
    )


def identity_of(
    suite_digest: str,
    backbone: str,
    augmentation: str,
    method_versions: Mapping[str, int | str],
    seed: int | None,
    battery_version: int = BATTERY_VERSION,
    name: str | None = None,
) -> str:
    """Return the identity of the record that such a run makes."""
    called = [name] if name else []
    return digest([suite_digest, battery_version, backbone, augmentation, seed, dict(method_versions), *called])


def seal(content: dict[str, Any]) -> bytes:
    """Return a record's file: its content with the digest, as indented ASCII JSON; ValueError for NaN."""
    parsed = json.loads(json.dumps(content, allow_nan=False))
    sealed = {**parsed, "digest": digest(parsed)}
    Record.model_validate(sealed)
    return written(sealed)


def written(content: dict[str, Any]) -> bytes:
    """Return a record's file with its content as it is; ValueError for NaN."""
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()


def load_record(path: str | os.PathLike[str]) -> Record:
    """Read a record and check its schema and digest; MixBenchError where it is missing, broken or edited."""
    parsed = load_content(path)
    try:
        record = Record.model_validate(parsed)
    except ValidationError as error:
        raise MixBenchError(f"record {path}: {explain(error, Record.model_fields)}; measure again") from None
    found = content_digest(parsed)
    if found != record.digest:
        raise MixBenchError(f"record {path}: needed digest {record.digest}, got {found}; it was edited, measure again")
    return record


def load_content(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a record's JSON, unchecked but for its size and depth; MixBenchError where it cannot be read."""
    try:
        parsed = read_json(given_path(path, "record"))
    except (OSError, ValueError, RecursionError) as error:
        got = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or "JSON nested too deep"
        raise MixBenchError(f"record {path}: needed a readable JSON file, got {got}") from None
    if not isinstance(parsed, dict):
        raise MixBenchError(f"record {path}: needed a JSON object, got {type(parsed).__name__}")
    return parsed


def content_digest(parsed: dict[str, Any]) -> str:
    """Return the digest that a record's content should carry; MixBenchError where a number is infinite."""
    try:
        return digest({key: value for key, value in parsed.items() if key != "digest"})
    except ValueError:
        raise MixBenchError("record: needed numbers, got one too large, such as 1e999; measure again") from None
