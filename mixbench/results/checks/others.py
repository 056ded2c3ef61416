"""The record beside others: the same one, the same measurement, the same outcomes, or other labels than theirs."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from mixbench.results.boards import MAX_RECORDS, Found
from mixbench.results.checks.case import Case
from mixbench.results.npz import BROKEN, open_npz
from mixbench.results.outcomes import load_outcomes, read_outcomes
from mixbench.results.record import Record, identity
from mixbench.spec.errors import MixBenchError

_TOLD = ("clean.log_probability.npy", "clean.confidence.npy", "clean.squared_sum.npy")
_SHARED = ("labels", "model.given")


def check_duplicates(case: Case, others: Sequence[Found]) -> Iterator[str]:
    """Doubles by digest, by what was measured, by outcomes and by trainings."""
    record = case.record
    for path, other in others:
        if path.parent == case.path.parent and other.outcomes.file == record.outcomes.file:
            yield f"outcomes.file: that of {path.name}; each record needs a file of its own"
        if other.digest == record.digest:
            yield f"digest: the record is there already, as {path.name}"
        elif other.suite_digest == record.suite_digest:
            yield from _check_double(path.name, record, other)


def _check_double(name: str, record: Record, other: Record) -> Iterator[str]:
    if identity(other) == identity(record):
        yield f"augmentation and seed: measured already on this suite and backbone, in {name}"
        return
    if other.outcomes.sha256 == record.outcomes.sha256:
        yield f"outcomes: those of {name}, which is another measurement"
    if _theirs(record) & _theirs(other):
        yield f"trainings: those of {name}, which is another measurement"


def _theirs(record: Record) -> set[str]:
    return {digest for role, digest in record.trainings.items() if role != "surrogate"}


def check_copies(case: Case, others: Sequence[Found]) -> Iterator[str]:
    """Outcomes that are another measurement's to the last bit, however they were packed."""
    record = case.record
    own = _fingerprint(case.path.parent / record.outcomes.file)
    for path, other in others:
        # Equal files and equal measurements have their own reasons.
        told = other.outcomes.sha256 == record.outcomes.sha256 or identity(other) == identity(record)
        if other.suite_digest != record.suite_digest or told or own is None:
            continue
        if own == _fingerprint(path.parent / other.outcomes.file):
            yield f"outcomes: to the last bit those of {path.name}, which is another measurement"


def _fingerprint(path: Path) -> tuple[int, ...] | None:
    """The checksums of the values of three arrays of float64, whatever their headers say."""
    try:
        state = path.stat()
    except OSError:
        return None
    return _sums(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=MAX_RECORDS)
def _sums(path: Path, size: int, changed: int) -> tuple[int, ...] | None:
    # Many records are held against the same board; size and time of change only tell its files apart.
    del size, changed
    try:
        # A neighbour may be as hostile as the record, and its own reasons are given elsewhere.
        with open_npz(read_outcomes(path)) as archive:
            return tuple(zlib.crc32(_values(archive, name)) for name in _TOLD)
    except (*BROKEN, KeyError, MixBenchError):
        return None


def _values(archive: zipfile.ZipFile, name: str) -> bytes:
    member = archive.getinfo(name)
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    # Version 1 of the format has two bytes for its header's length, which is the only one that records may have.
    return content[10 + int.from_bytes(content[8:10], "little") :]


def check_shared(case: Case, outcomes: Mapping[str, np.ndarray], others: Sequence[Found]) -> Iterator[str]:
    """The labels of the data set, which every record of one suite shares."""
    for path, other in others:
        if other.suite_digest != case.record.suite_digest or path == case.path:
            continue
        try:
            theirs = load_outcomes(path.parent / other.outcomes.file)
        except MixBenchError:
            continue
        for name in _SHARED:
            if name in theirs and name in outcomes and not np.array_equal(theirs[name], outcomes[name]):
                yield f"outcomes.{name}: not those of {path.name}, which is of the same suite"
        return
