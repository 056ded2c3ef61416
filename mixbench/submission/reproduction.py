"""A record beside its rerun: the same bits where the machine is the same, else what came out otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixbench.board.columns import RANKED
from mixbench.results.arrays import normal
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, MEASURES, Direction
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import Provenance, Record


class Difference(NamedTuple):
    """A measure that came out otherwise, in its own unit."""

    measure: str
    record: float
    again: float

    @property
    def flatters(self) -> bool:
        """Whether the record's value is the better one."""
        zero = BY_NAME[self.measure].direction is Direction.ZERO
        before, after = (abs(value) if zero else value for value in (self.record, self.again))
        return before < after


@dataclass(frozen=True)
class Reproduction:
    """A record beside its rerun: the values of its readings, the arrays of outcomes that differ, and why they may.

    `machines` says what of device, CPU model and packages is not known to be the same; `faults` what makes the two no
    measurements of the same thing.
    """

    values: tuple[Difference, ...]
    arrays: int
    other_arrays: tuple[str, ...]
    faults: tuple[str, ...]
    machines: tuple[str, ...]

    @property
    def differences(self) -> list[Difference]:
        """The readings that came out otherwise."""
        return [each for each in self.values if each.record != each.again]

    @property
    def reasons(self) -> list[str]:
        """What speaks against the record, a line each: on the same machine every bit that is not the same."""
        bits = [f"rerun: {self._said()}, on the same machine with the same packages"] if self._differs() else []
        return [*self.faults, *bits]

    def _differs(self) -> bool:
        return not self.machines and bool(self.other_arrays or self.differences)

    def _said(self) -> str:
        first = self.differences[0] if self.differences else None
        shown = f", such as {first.measure} {first.again:.6g} for {first.record:.6g}" if first else ""
        return (
            f"{len(self.other_arrays)} of {self.arrays} arrays and {len(self.differences)} of {len(self.values)}"
            f" readings come out otherwise{shown}"
        )


def reproduction_of(before: Found, after: Found) -> Reproduction:
    """Compare a record with its rerun, both with their outcomes beside them; MixBenchError where these are unreadable.

    There is no tolerance: on one machine the bits are equal, and elsewhere what counts is the rerun.
    """
    record, again = before.record, after.record
    both = [measure.name for measure in MEASURES if measure.name in record.readings and measure.name in again.readings]
    old, new = load_outcomes(_outcomes(before)), load_outcomes(_outcomes(after))
    return Reproduction(
        values=tuple(Difference(name, record.readings[name].value, again.readings[name].value) for name in both),
        arrays=len(new),
        other_arrays=tuple(sorted(name for name in old.keys() | new.keys() if not _same(old, new, name))),
        faults=tuple(f"rerun: {fault}" for fault in _faults(record, again)),
        machines=tuple(_machines(record.provenance, again.provenance)),
    )


def _faults(record: Record, again: Record) -> Iterator[str]:
    for what in ("method_versions", "link", "trainings"):
        if getattr(record, what) != getattr(again, what):
            yield f"{what} of the record {_short(getattr(record, what))}, here {_short(getattr(again, what))}"


def _machines(old: Provenance, new: Provenance) -> Iterator[str]:
    for what in ("device", "python"):
        if getattr(old, what) != getattr(new, what):
            yield f"{what} {getattr(old, what)}, here {getattr(new, what)}"
    if old.cpu_model != new.cpu_model or new.cpu_model is None:
        yield f"CPU {old.cpu_model or 'not named'}, here {new.cpu_model or 'not known'}"
    for name in sorted(old.packages.keys() | new.packages.keys()):
        if old.packages.get(name) != new.packages.get(name):
            yield f"{name} {old.packages.get(name, 'none')}, here {new.packages.get(name, 'none')}"
    for role in sorted(old.trainings_made_with.keys() | new.trainings_made_with.keys()):
        if _packages(old, role) != _packages(new, role):
            yield f"packages of training {role}"


def _packages(provenance: Provenance, role: str) -> object:
    return provenance.trainings_made_with.get(role, {"packages": provenance.packages}).get("packages")


class Signs(NamedTuple):
    """In how many measures records are better than their reruns, and worse; two-sided p that a coin gives it."""

    better: int
    worse: int
    p: float


def sign_test(differences: Sequence[Difference]) -> Signs:
    """Count the measures with a direction in which records flatter; measures of one model are not independent."""
    from scipy.stats import binomtest

    counted = [each.flatters for each in differences if BY_NAME[each.measure].direction in RANKED]
    p = float(binomtest(sum(counted), len(counted)).pvalue) if counted else 1.0
    return Signs(sum(counted), len(counted) - sum(counted), p)


class Means(NamedTuple):
    """A measure's mean over a row's seeds in records and reruns; p of the paired t-test, NaN where undefined."""

    measure: str
    record: float
    again: float
    p: float


def means_over_seeds(comparisons: Sequence[Reproduction]) -> list[Means]:
    """Test each measure that came out otherwise over all seeds of a row; none for fewer than two seeds."""
    from scipy.stats import ttest_rel

    made = []
    for of_one in zip(*(compared.values for compared in comparisons), strict=False):
        changes = {each.again - each.record for each in of_one}
        if len(of_one) > 1 and changes != {0}:
            before, after = ([getattr(each, what) for each in of_one] for what in ("record", "again"))
            p = float(ttest_rel(before, after).pvalue) if len(changes) > 1 else math.nan
            made.append(Means(of_one[0].measure, float(np.mean(before)), float(np.mean(after)), p))
    return made


def _same(old: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray], name: str) -> bool:
    if name not in old or name not in new:
        return False
    return old[name].dtype == new[name].dtype and normal(old[name]).tobytes() == normal(new[name]).tobytes()


def _outcomes(found: Found) -> Path:
    return found.path.parent / found.record.outcomes.file


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:199] + "…"
