"""Outcomes that are another measurement's, edited in places or put into another order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixbench.results.found import MAX_RECORDS
from mixbench.results.npz import BROKEN, open_npz
from mixbench.results.outcomes import read_outcomes
from mixbench.spec.errors import MixBenchError

LOSSES = ".train_loss"
_KEPT = 64
_FEWEST = {"clean.log_probability": 8, "between.gradient_norm": 8}
_FEWEST_LOSSES = 2
_CERTAIN = 1e-6
"""Smaller numbers are what rounding leaves, the same for everybody."""

_SCRAMBLE = np.uint64(0x9E3779B97F4A7C15)


class Sketch(NamedTuple):
    """By array some of its values to six digits, whatever their places; and all the losses of late epochs."""

    values: Mapping[str, frozenset[int]]
    losses: frozenset[int]


def copied(own: Path, theirs: Path) -> Iterator[str]:
    """Name the arrays of outcomes most of whose values are another file's; none where either cannot be read."""
    first, second = _sketch(own), _sketch(theirs)
    if first is None or second is None:
        return
    for name, values in first.values.items():
        shared = values & (second.losses if name.endswith(LOSSES) else second.values.get(name, frozenset()))
        if len(values) >= _FEWEST.get(name, _FEWEST_LOSSES) and 2 * len(shared) > len(values):
            yield name


def repeated(losses: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str]]:
    """Name the trainings of one record that are another of its own, by their losses."""
    found = {name: _late(values) for name, values in losses.items()}
    names = sorted(found)
    for place, name in enumerate(names):
        for other in names[:place]:
            if len(found[name]) >= _FEWEST_LOSSES and 2 * len(found[name] & found[other]) > len(found[name]):
                yield name, other


def _sketch(path: Path) -> Sketch | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return _read(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=MAX_RECORDS)
def _read(path: Path, size: int, changed: int) -> Sketch | None:
    # Many records are held against the same board; size and time of change only tell its files apart.
    del size, changed
    try:
        # A neighbour may be as hostile as the record, and its own reasons are given elsewhere.
        with open_npz(read_outcomes(path)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            values = {name: _some(_values(archive, name)) for name in names if name in _FEWEST}
            losses = {name: _late(_values(archive, name)) for name in names if name.endswith(LOSSES)}
    except (*BROKEN, KeyError, MixBenchError):
        return None
    return Sketch(values | losses, frozenset().union(*losses.values()))


def _values(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    member = archive.getinfo(f"{name}.npy")
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    # Version 1 of the format has two bytes for its header's length, which is the only one that records may have.
    kind = np.dtype("<f4" if name == "between.gradient_norm" else "<f8")
    content = content[10 + int.from_bytes(content[8:10], "little") :]
    return np.frombuffer(content[: len(content) // kind.itemsize * kind.itemsize], kind)


def _some(values: np.ndarray) -> frozenset[int]:
    """The same few of the values wherever they stand and whatever stands beside them."""
    with np.errstate(all="ignore"):
        bits = _digits(values[np.abs(values) > _CERTAIN]) * _SCRAMBLE
    return frozenset(np.unique(bits)[:_KEPT].tolist())


def _late(losses: np.ndarray) -> frozenset[int]:
    """Of the second half of the epochs, two at least: methods that begin late are like ERM until then."""
    return frozenset(_digits(losses[-max(_FEWEST_LOSSES, len(losses) // 2) :]).tolist())


def _digits(values: np.ndarray) -> np.ndarray:
    """Sign, exponent and 20 bits, some six digits, as whole numbers."""
    return np.ascontiguousarray(values, dtype="<f8").view(np.uint64) >> np.uint64(32)
