"""What all records of a suite have alike, put beside them once; records that come afterwards leave it out."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mixbench.board.regenerate import writing
from mixbench.results.found import HOMES, RECORDS, SUPERSEDED, read_records
from mixbench.results.outcomes import read_outcomes
from mixbench.results.record import load_record
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
    found = [] if place.is_file() else read_records(folder, (RECORDS, SUPERSEDED))
    contents = [read_outcomes(each.path.parent / each.record.outcomes.file) for each in found]
    made = common(contents) if len(contents) >= LEAST else None
    if made is None:
        return None
    with writing(folder.parent):
        write_atomically(place, made)
    return place


def broken(folder: Path) -> list[Path]:
    """Return the lean outcomes that are not, with the suite's shared arrays, those that their records name."""
    paths = [path for home in HOMES for path in sorted(folder.glob(f"{home}/*.npz"))]
    return [path for path in paths if is_lean(path.read_bytes()) and not _named(path)]


def _named(path: Path) -> bool:
    try:
        sha256 = load_record(path.with_suffix(".json")).outcomes.sha256
        return hashlib.sha256(read_outcomes(path)).hexdigest() == sha256
    except MixBenchError:
        return False
