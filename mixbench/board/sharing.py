"""What all records of a suite have alike, put beside them once; records that come afterwards leave it out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mixbench.board.regenerate import writing
from mixbench.results.found import RECORDS, SUPERSEDED, read_records
from mixbench.results.outcomes import read_outcomes
from mixbench.results.shared import SHARED, common
from mixbench.spec.whole import write_atomically

LEAST = 2
"""Records from which on something can be alike."""


def share(folder: Path) -> Path | None:
    """Write a suite's shared arrays and return the file; None where it is there already or nothing is alike.

    Records that are there stay as they are: a repository keeps their files in its history whatever becomes of them.
    MixBenchError for what cannot be read or written.
    """
    place = folder / SHARED
    contents = [] if place.is_file() else list(_outcomes(folder))
    made = common(contents) if len(contents) >= LEAST else None
    if made is None:
        return None
    with writing(folder.parent):
        write_atomically(place, made)
    return place


def _outcomes(folder: Path) -> Iterator[bytes]:
    if any((folder / home).is_dir() for home in (RECORDS, SUPERSEDED)):
        for found in read_records(folder, (RECORDS, SUPERSEDED)):
            yield read_outcomes(found.path.parent / found.record.outcomes.file)
