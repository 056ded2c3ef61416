"""Every measure of a candidate against its baseline: what the records allow to be tested, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixbench.gate.calibration import Calibration
from mixbench.gate.comparison import EXAMPLES, NO_OUTCOMES, NOT_EVERYWHERE, NOTHING_KNOWN, SEEDS, Comparison
from mixbench.gate.contrast import Contrast, Variances, contrast
from mixbench.gate.evidence import Evidence, check_counts, check_same_examples, evidence_of, value_of
from mixbench.gate.matching import Match, method_of
from mixbench.gate.tolerances import GATED, tolerance_of
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, MEASURES, Direction
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

LARGEST = 1e9
"""Of a measure that has no bound: nothing measured comes near."""

Read = Callable[[Found], Evidence | None]


def compare_row(
    match: Match,
    tolerances: Mapping[str, float],
    calibration: Calibration | None = None,
    read: Read = evidence_of,
) -> list[Comparison]:
    """Compare every measure that either side has, in the table's order.

    What examples contribute, by what `read` finds beside each record, is averaged over trainings, whose variance the
    calibration moderates. MixBenchError where outcomes contradict a record or are of other examples.
    """
    everything = (*match.baseline, *match.candidate)
    stated = _in_order({name for found in everything for name in found.record.readings})
    if match.identical:
        return [_same(name, match, tolerances) for name in stated]
    check_counts(everything, stated)
    row = _Row(match, _evidence(match, read), tolerances, calibration)
    return [row.compared(name) for name in _in_order({*stated, *row.given})]


def _in_order(names: set[str]) -> list[str]:
    return [each.name for each in MEASURES if each.name in names]


def _same(name: str, match: Match, tolerances: Mapping[str, float]) -> Comparison:
    value, gated = _read(match.baseline, name), name in GATED
    allowed = tolerances.get(name, _own(name, value)) if gated else 0.0
    return Comparison(name, value, value, gated, allowed, same=True, over=EXAMPLES)


def _own(name: str, baseline: float | None) -> float:
    own = tolerance_of(name)
    return own.allowed * (abs(baseline or 0.0) if own.relative else 1.0)


Sides = tuple[list[Evidence | None], list[Evidence | None]]


def _evidence(match: Match, read: Read) -> Sides:
    """Check all outcomes that are there, whatever the test."""
    before, after = ([read(found) for found in side] for side in (match.baseline, match.candidate))
    there = [
        (found, each)
        for found, each in zip((*match.baseline, *match.candidate), (*before, *after), strict=True)
        if each is not None
    ]
    for found, each in there[1:]:
        check_same_examples(there[0][0], found, there[0][1], each)
    return before, after


@dataclass(frozen=True)
class _Row:
    match: Match
    sides: Sides
    tolerances: Mapping[str, float]
    calibration: Calibration | None

    @property
    def given(self) -> set[str]:
        return {name for side in self.sides for each in side if each for name in each.contributions}

    def compared(self, name: str) -> Comparison:
        first, second = self._table(name, 0), self._table(name, 1)
        before, after = self._value(name, 0, first), self._value(name, 1, second)
        if name not in GATED:
            return Comparison(name, before, after, gated=False)
        whole = Comparison(name, before, after, tolerance=self._allowed(name, before), over=self._over)
        if first is None or second is None:
            return replace(whole, over="", new=self._is_new(name), lacks=self._why(name))
        if np.array_equal(first, second):
            return replace(whole, same=True)
        return self._by_class(whole, first, second) if BY_NAME[name].by_class else self._tested(whole, first, second)

    def _table(self, name: str, place: int) -> np.ndarray | None:
        values = [each.contributions.get(name) if each else None for each in self.sides[place]]
        there = [each for each in values if each is not None]
        return np.stack(there) if len(there) == len(values) else None

    def _value(self, name: str, place: int, table: np.ndarray | None) -> float | None:
        """As its records say, of what is younger than they are by their outcomes."""
        side = (self.match.baseline, self.match.candidate)[place]
        read = _read(side, name)
        if read is not None or table is None or any(name in found.record.readings for found in side):
            return read
        return float(np.mean([value_of(name, values, self._labels) for values in table]))

    def _tested(self, whole: Comparison, before: np.ndarray, after: np.ndarray) -> Comparison:
        scale = abs(whole.baseline or 0.0) if tolerance_of(whole.measure).relative else 1.0
        test = self._contrast(whole.measure, before, after, scale)
        return replace(whole, test=test) if test else replace(whole, over="", lacks=NOTHING_KNOWN)

    def _by_class(self, whole: Comparison, before: np.ndarray, after: np.ndarray) -> Comparison:
        labels = self._labels
        tests = {
            int(label): self._contrast(whole.measure, before[:, labels == label], after[:, labels == label], 1.0)
            for label in np.unique(labels)
        }
        there = {label: test for label, test in tests.items() if test}
        if len(there) < len(tests):
            return replace(whole, over="", lacks=NOTHING_KNOWN)
        worst = min(there, key=lambda label: there[label].p_worse(whole.tolerance))
        return replace(whole, test=there[worst], classes=len(there), worst=worst)

    @property
    def _labels(self) -> np.ndarray:
        return next(each.basis["labels"] for side in self.sides for each in side if each)

    def _contrast(self, name: str, before: np.ndarray, after: np.ndarray, scale: float) -> Contrast | None:
        noise = self.calibration.measures.get(name) if self.calibration else None
        match, rest = self.match, noise.rest * scale if noise else None
        known = self._known(name, match.baseline, scale), self._known(name, match.candidate, scale)
        return contrast(before, after, (_seeds(match.baseline), _seeds(match.candidate)), known, rest)

    def _known(self, name: str, side: Sequence[Found], scale: float) -> Variances:
        known = self.calibration.variances(name, method_of(side[0].record)) if self.calibration else None
        return Variances(known[0] * scale**2, known[1] * scale**2, known[2]) if known else Variances()

    def _allowed(self, name: str, baseline: float | None) -> float:
        if name in self.tolerances:
            return self.tolerances[name]
        own, scale = _own(name, baseline), abs(baseline or 0.0) if tolerance_of(name).relative else 1.0
        if self.calibration is None:
            return own
        classes = len(np.unique(self._labels)) if BY_NAME[name].by_class and self.given else 1
        methods = {method_of(side[0].record) for side in (self.match.baseline, self.match.candidate)}
        known = (self.calibration.tolerance(name, method, classes) for method in methods)
        return max([own, *(each * scale for each in known if each is not None)])

    def _is_new(self, name: str) -> bool:
        return all(self.sides[0]) and not any(name in each.contributions for each in self.sides[0] if each)

    def _why(self, name: str) -> str:
        lost = [found for place, side in enumerate((self.match.baseline, self.match.candidate))
                for found, each in zip(side, self.sides[place], strict=True) if each is None]  # fmt: skip
        return NO_OUTCOMES if lost else NOT_EVERYWHERE

    @property
    def _over(self) -> str:
        return EXAMPLES if self.match.paired else SEEDS


def _seeds(side: Sequence[Found]) -> list[int | None]:
    return [found.record.seed for found in side]


def _read(side: Sequence[Found], name: str) -> float | None:
    values = [_checked(found, name) for found in side if name in found.record.readings]
    if len(values) < len(side):
        return None
    return float(np.mean(np.abs(values) if BY_NAME[name].direction is Direction.ZERO else values))


def _checked(found: Found, name: str) -> float:
    value, (low, high) = found.record.readings[name].value, BY_NAME[name].range
    if not low <= value <= (LARGEST if high is None else high):
        raise MixBenchError(
            f"record {plain(str(found.path))}: needed {name} from {low:g} to {'what can be' if high is None else high},"
            f" got {value:g}; see mixbench validate"
        )
    return value
