"""What all records of a suite have alike, put beside them once; records that come afterwards leave it out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from mixbench.board.regenerate import writing
from mixbench.results.found import RECORDS, SUPERSEDED, read_records
from mixbench.results.npz import BROKEN, open_npz
from mixbench.results.outcomes import read_outcomes
from mixbench.results.shared import SHARED, common, is_lean
from mixbench.spec.errors import MixBenchError
from mixbench.spec.whole import write_atomically

LEAST = 2
"""Records from which on something can be alike."""


def share(folder: Path) -> Path | None:
    """Write a suite's shared arrays and return the file; None where it is there already or nothing is alike.

    Records that are there stay as they are: a repository keeps their files in its history whatever becomes of them.
    MixBenchError for what cannot be read or written.
    """
    place = folder / SHARED
    contents = [] if place.is_file() else [read_outcomes(path) for path, _ in _outcomes(folder)]
    made = common(contents) if len(contents) >= LEAST else None
    if made is None:
        return None
    with writing(folder.parent):
        write_atomically(place, made)
    return place


def broken(folder: Path) -> list[Path]:
    """Return the lean outcomes that are not, with the suite's shared arrays, those that their records name."""
    return [path for path, sha256 in _outcomes(folder) if _is_lean_file(path) and not _names(sha256, path)]


def _is_lean_file(path: Path) -> bool:
    try:
        return is_lean(open_npz(path.read_bytes()))
    except BROKEN:
        return False


def _names(sha256: str, path: Path) -> bool:
    try:
        return hashlib.sha256(read_outcomes(path)).hexdigest() == sha256
    except MixBenchError:
        return False


def _outcomes(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each record's outcomes and the sha256 that it names."""
    if any((folder / home).is_dir() for home in (RECORDS, SUPERSEDED)):
        for found in read_records(folder, (RECORDS, SUPERSEDED)):
            yield found.path.parent / found.record.outcomes.file, found.record.outcomes.sha256
