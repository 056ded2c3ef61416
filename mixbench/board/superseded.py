"""Records of methods that have changed since: off the board, and kept."""

from __future__ import annotations

from pathlib import Path

from mixbench.augment.table import BY_NAME
from mixbench.results.found import RECORDS, SUPERSEDED, Found, read_records
from mixbench.results.record import Record


def outdated(record: Record) -> list[str]:
    """Return the names of a record's methods of which MixBench has a newer version."""
    return [name for name, version in record.method_versions.items() if name in BY_NAME and _is_older(name, version)]


def _is_older(name: str, version: int | str) -> bool:
    said, now = (str(each).partition(",")[0] for each in (version, BY_NAME[name].version))
    return said.isdigit() and int(said) < int(now)


def superseded(folder: Path) -> list[Path]:
    """Return the records among a suite's verified ones that are of older methods."""
    return [found.path for found in _old(folder)]


def supersede(folder: Path) -> list[Path]:
    """Move a suite's records of older methods from records/ to superseded/ and return where they lie now.

    A kill leaves every file in one of the two, and the next call moves the rest. OSError where nothing can be moved.
    """
    return [_move(found, folder / SUPERSEDED) for found in _old(folder)]


def _old(folder: Path) -> list[Found]:
    there = read_records(folder) if (folder / RECORDS).is_dir() else []
    return [found for found in there if outdated(found.record)]


def _move(found: Found, home: Path) -> Path:
    home.mkdir(exist_ok=True)
    outcomes = found.path.parent / found.record.outcomes.file
    if outcomes.exists():
        outcomes.replace(home / outcomes.name)
    return found.path.replace(home / found.path.name)
