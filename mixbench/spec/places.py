"""Paths as they stand in files: UTF-8 text whatever the locale, relative to the file where that is short."""

from __future__ import annotations

import os
from pathlib import Path

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown


def given_path(path: object, what: str) -> Path:
    """Return a path that a caller gave; MixBenchError, which says what it is of, where it is none."""
    if isinstance(path, (str, os.PathLike)):
        return Path(path)
    raise MixBenchError(f"{what}: needed a path, got {type(path).__name__}; give it as text or a pathlib.Path")


def as_text(path: str | os.PathLike[str]) -> str:
    """Return a path as text; MixBenchError where its bytes are no UTF-8."""
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError:
        raise MixBenchError(f"path {shown(path)}: needed a name in UTF-8, got other bytes; rename it") from None


def as_path(text: str) -> Path:
    """Return the path that text from a file means, in the terms of this process's locale."""
    return Path(os.fsdecode(text.encode("utf-8", "surrogatepass")))


def relative_text(path: Path, home: Path) -> str:
    """Return a path as text for a file in the folder `home`: relative, unless only the root is common to both."""
    place, start = path.absolute().parent.resolve() / path.name, home.absolute().resolve()
    try:
        common = Path(os.path.commonpath([place, start]))
    except ValueError:
        return as_text(place)
    return as_text(place) if common == Path(common.anchor) else as_text(Path(os.path.relpath(place, start)).as_posix())
