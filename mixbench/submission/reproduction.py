"""A record beside its rerun: what came out otherwise, and whether chance explains it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixbench.results.found import Found
from mixbench.results.measures import MEASURES
from mixbench.results.outcomes import load_outcomes
from mixbench.results.readings import Reading
from mixbench.results.record import Record
from mixbench.results.statistics import Z95, wilson
from mixbench.submission.spread import other_rows, spread_over

ERRORS = 4
"""Combined standard errors that a reading may differ by: by chance one reading in 16,000 does."""


@dataclass(frozen=True)
class Difference:
    """A measure that came out otherwise; `tolerance` is what chance explains, in the measure's own unit."""

    measure: str
    record: float
    again: float
    tolerance: float

    @property
    def within(self) -> bool:
        """Whether chance explains it."""
        return abs(self.again - self.record) <= self.tolerance


@dataclass(frozen=True)
class Comparison:
    """A record beside its rerun: readings that differ, what cannot be compared at all, and what was looked at.

    `same_outcomes` where every example came out bit for bit as before. `machines` are record's and rerun's where they
    are not the same; `rows` is how many other rows the spread over seeds was taken from, 0 where it is not known.
    """

    readings: int
    same_outcomes: bool
    differences: tuple[Difference, ...]
    faults: tuple[str, ...]
    machines: tuple[str, ...]
    rows: int

    @property
    def reasons(self) -> list[str]:
        """What speaks against the record, a line each; none where the rerun bears it out."""
        beyond = [each for each in self.differences if not each.within]
        return [
            *self.faults,
            *(
                f"rerun: {each.measure} {each.again:.6g}, the record has {each.record:.6g}:"
                f" more than the {each.tolerance:.2g} that chance explains"
                for each in beyond
            ),
        ]


def compare(before: Found, after: Found, others: Sequence[Record] = ()) -> Comparison:
    """Compare a record with its rerun, both with their outcomes beside them.

    `others` are the board's records, whose spread over seeds another machine's training may use up. Tolerance of a
    reading: 4 · sqrt(se² + se² + 2 · sd²), se from each record's own 95 % interval, sd the upper quartile over the
    other rows of the same setting. Never the record's own row: a false reading would widen its own tolerance, and all
    the row's seeds may be one submitter's. MixBenchError where outcomes cannot be read.
    """
    record, again = before.record, after.record
    rows = other_rows(record, others)
    differ = [
        _difference(name, record.readings[name], again.readings[name], spread_over(name, rows))
        for name in record.readings.keys() & again.readings.keys()
        if record.readings[name] != again.readings[name]
    ]
    return Comparison(
        readings=len(again.readings),
        same_outcomes=_same(load_outcomes(_outcomes(before)), load_outcomes(_outcomes(after))),
        differences=tuple(sorted(differ, key=lambda each: _PLACES[each.measure])),
        faults=tuple(f"rerun: {fault}" for fault in _faults(record, again)),
        machines=tuple(_machines(record, again)),
        rows=len(rows),
    )


_PLACES = {measure.name: place for place, measure in enumerate(MEASURES)}


def _difference(name: str, before: Reading, after: Reading, spread: float) -> Difference:
    tolerance = ERRORS * math.hypot(_error(before), _error(after), math.sqrt(2) * spread)
    return Difference(name, before.value, after.value, tolerance)


def _error(reading: Reading) -> float:
    """A reading's standard error; that of a proportion where it has no interval, as the best epoch's error."""
    low, high = reading.low, reading.high
    if low is None or high is None:
        low, high = wilson(round(min(max(reading.value, 0), 1) * reading.n), reading.n)
    return (high - low) / (2 * Z95)


def _faults(record: Record, again: Record) -> Iterator[str]:
    """What makes the two no measurements of the same thing."""
    for what in ("method_versions", "link", "trainings"):
        if getattr(record, what) != getattr(again, what):
            yield f"{what} of the record {_short(getattr(record, what))}, here {_short(getattr(again, what))}"
    if names := sorted(record.readings.keys() ^ again.readings.keys()):
        yield f"not in both: {', '.join(names)}"
    for name in sorted(record.readings.keys() & again.readings.keys()):
        if record.readings[name].n != again.readings[name].n:
            yield f"{name} has n {record.readings[name].n}, here {again.readings[name].n}"


def _machines(record: Record, again: Record) -> Iterator[str]:
    """What of machine and packages is not the same, for the reader: other bits are then to be expected."""
    old, new = record.provenance, again.provenance
    for what, before, after in (("device", old.device, new.device), ("Python", old.python, new.python)):
        if before != after:
            yield f"{what} {before}, here {after}"
    for name in sorted(old.packages.keys() | new.packages.keys()):
        if old.packages.get(name) != new.packages.get(name):
            yield f"{name} {old.packages.get(name, 'none')}, here {new.packages.get(name, 'none')}"


def _same(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> bool:
    return before.keys() == after.keys() and all(
        before[name].dtype == after[name].dtype and before[name].tobytes() == after[name].tobytes() for name in before
    )


def _outcomes(found: Found) -> Path:
    return found.path.parent / found.record.outcomes.file


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:199] + "…"
