"""The panel of a board: the shipped methods, at their defaults, that its resolution and order rest on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from mixbench.augment.build import augmentation, canonical
from mixbench.augment.table import BY_NAME
from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError, explain, unknown
from mixbench.spec.plain import plain
from mixbench.spec.strict import Strict

BOARD_FILE = "board.toml"
"""In a suite's folder of a board, beside its records."""

MAX_BYTES = 100_000


class BoardFile(Strict):
    """The panel as it is listed: names of methods and their versions, as records have them."""

    panel: Annotated[dict[str, int | str], Field(min_length=2)]

    def holds(self, record: Record) -> str | None:
        """Return the name of the method on the list that a record is of, by spec and version, or None."""
        ((name, version), *more) = record.method_versions.items() or [("", 0)]
        listed = not more and name in self.panel and self.panel[name] == version
        return name if listed and record.augmentation == default(name) else None


def default(name: str) -> str:
    """Return a method's canonical spec at its defaults."""
    return canonical(augmentation(name))


def read_board_file(folder: Path) -> BoardFile | None:
    """Read a suite's board file; None where there is none, MixBenchError where it is not right."""
    path = folder / BOARD_FILE
    if not path.is_file():
        return None
    try:
        listed = BoardFile.model_validate(_parse(path))
    except ValidationError as error:
        raise MixBenchError(f"{_named(path)}: {explain(error, BoardFile.model_fields)}; mend it") from None
    for name in listed.panel:
        if name not in BY_NAME:
            raise unknown("method", name, BY_NAME, f"{_named(path)} lists methods that MixBench ships")
    return listed


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise ValueError(f"{len(content)} bytes")
        return tomllib.loads(content.decode())
    except (OSError, ValueError) as error:
        raise MixBenchError(
            f"{_named(path)}: needed readable TOML of at most {MAX_BYTES} bytes, got {plain(str(error))}; mend it"
        ) from None


def _named(path: Path) -> str:
    return f"board file {plain(str(path))}"
