"""How often the gate errs and what it finds, over splits of trainings that its calibration has not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import beta

from mixbench.gate.calibrate import training_of
from mixbench.gate.calibration import Calibration
from mixbench.gate.compare import compare_row
from mixbench.gate.comparison import Comparison
from mixbench.gate.evidence import Evidence, evidence_of
from mixbench.gate.matching import Match, method_of
from mixbench.gate.newflags import new_flags
from mixbench.gate.verdict import GOOD, Verdict, judge
from mixbench.results.found import Found

SEEDS = (1, 2, 3)
PLANTED = (
    "clean.top1_error", "fgsm.black.top1_error", "ifgsm.white.top1_error", "ifgsm.white.eps_area",
    "noise50.test_error_last", "noise50.train_error_corrupted", "calibration.ece", "between.miss_mixup",
)  # fmt: skip
TIMES = 2.0
AIMS = {"false alarm": ("at most", 0.02), "inconclusive": ("at most", 0.05), f"finds {TIMES:g}×": ("at least", 0.9)}
FOUND = f"finds {TIMES:g}× any of these"
DRAWS = 2000


@dataclass(frozen=True)
class Rate:
    """A rate at so many seeds a side, its 95 % interval, and the independent pairs of groups behind it."""

    seeds: int
    what: str
    rate: float
    low: float
    high: float
    pairs: int
    splits: int


@dataclass(frozen=True)
class Split:
    """Two groups of one method's trainings, by their places."""

    baseline: tuple[int, ...]
    candidate: tuple[int, ...]


Chosen = Sequence[tuple[list[Found], Split]]


class Passport:
    """The trainings of one suite and backbone that the calibration has not seen."""

    def __init__(self, records: Sequence[Found], calibration: Calibration) -> None:
        self.calibration, self.rng = calibration, np.random.default_rng(0)
        fresh = [found for found in records if training_of(found) not in calibration.trainings]
        self.left_out = len(records) - len(fresh)
        rows: dict[str, list[Found]] = defaultdict(list)
        for found in sorted(fresh, key=lambda each: each.record.seed or 0):
            rows[method_of(found.record)].append(found)
        self.rows = [rows[name] for name in sorted(rows)]
        self.evidence = {found.path: evidence_of(found) for found in fresh}

    def rates(self, splits: int) -> Iterator[Rate]:
        """Yield the rates at each number of seeds for which some method has two groups."""
        for seeds in SEEDS:
            chosen = [(row, each) for row in self.rows for each in self._splits(len(row), seeds, splits)]
            if not chosen:
                continue
            pairs = sum(len(row) // (2 * seeds) for row in self.rows)
            bases = [self._compared(self._match(*part)) for part in chosen]
            said = [self._unchanged(self._match(*part), base) for part, base in zip(chosen, bases, strict=True)]
            for what, values in zip(AIMS, zip(*said, strict=True), strict=False):
                yield self._rate(seeds, what, chosen, values, pairs)
            planted = {}
            for measure in PLANTED:
                found = [self._found(*part, base, measure) for part, base in zip(chosen, bases, strict=True)]
                if any(each is not None for each in found):
                    planted[measure] = found
                    yield self._rate(seeds, f"finds {TIMES:g}× {measure}", chosen, found, pairs)
            if planted:
                yield self._rate(
                    seeds, FOUND, chosen, [_mean(each) for each in zip(*planted.values(), strict=True)], pairs
                )

    def _splits(self, trainings: int, seeds: int, most: int) -> list[Split]:
        if trainings < 2 * seeds:
            return []
        drawn = (self.rng.permutation(trainings)[: 2 * seeds] for _ in range(most))
        made = (Split(tuple(sorted(each[:seeds])), tuple(sorted(each[seeds:]))) for each in drawn)
        return list(dict.fromkeys(made))

    @staticmethod
    def _unchanged(match: Match, base: Sequence[Comparison]) -> tuple[bool, bool]:
        said, flags = {each.verdict for each in judge(base)}, new_flags(match)
        alarm = Verdict.REGRESSION in said or any(flag.sure for flag in flags)
        return alarm, not alarm and (bool(flags) or Verdict.INCONCLUSIVE in said or not said & set(GOOD))

    def _found(self, row: list[Found], split: Split, base: Sequence[Comparison], measure: str) -> bool | None:
        tolerance = self.calibration.tolerance(measure, method_of(row[0].record))
        if tolerance is None or any(measure not in (self._of(found) or _NOTHING).contributions for found in row):
            return None
        match = self._match(row, split)
        changed = {found.path: self._alone(found, measure) for found in row}
        changed |= {row[place].path: self._planted(row[place], measure, tolerance) for place in split.candidate}
        worse = next(each for each in self._compared(match, changed) if each.measure == measure)
        findings = judge([worse if each.measure == measure else each for each in base])
        return next(each.verdict for each in findings if each.comparison.measure == measure) is Verdict.REGRESSION

    def _alone(self, found: Found, measure: str) -> Evidence:
        evidence = self._of(found) or _NOTHING
        return replace(evidence, contributions={measure: evidence.contributions[measure]})

    def _planted(self, found: Found, measure: str, tolerance: float) -> Evidence:
        """Errors in a share of the examples that are right; where it is no matter of right and wrong, the amount."""
        evidence = self._of(found) or _NOTHING
        values, amount = evidence.contributions[measure], TIMES * tolerance
        if values.dtype == np.bool_:
            share = amount / max(1 - float(values.mean()), 1e-9)
            worse = values | (self.rng.random(len(values)) < share)
        else:
            worse = values + amount
        return replace(evidence, contributions={measure: worse})

    def _compared(self, match: Match, worse: dict[Path, Evidence] | None = None) -> list[Comparison]:
        changed = worse or {}
        return compare_row(match, {}, self.calibration, lambda found: changed.get(found.path) or self._of(found))

    def _of(self, found: Found) -> Evidence | None:
        return self.evidence[found.path]

    @staticmethod
    def _match(row: Sequence[Found], split: Split) -> Match:
        groups = (tuple(row[place] for place in places) for places in (split.baseline, split.candidate))
        return Match(*groups, paired=False)

    def _rate(self, seeds: int, what: str, chosen: Chosen, said: Sequence[float | None], pairs: int) -> Rate:
        values = np.array([float(each) for each in said if each is not None])
        there = [part for part, each in zip(chosen, said, strict=True) if each is not None]
        weights = self.rng.exponential(size=(DRAWS, sum(map(len, self.rows))))
        start = dict(zip((id(row) for row in self.rows), np.cumsum([0, *map(len, self.rows)]), strict=False))
        products = np.stack(
            [weights[:, [start[id(row)] + p for p in (*s.baseline, *s.candidate)]].prod(axis=1) for row, s in there], 1
        )
        drawn = products @ values / products.sum(axis=1)
        rate, events = float(values.mean()), float(values.mean()) * pairs
        low, high = (float(each) for each in np.percentile(drawn, [2.5, 97.5]))
        if events < 1:
            high = max(high, float(beta.ppf(0.975, events + 1, pairs - events)))
        if pairs - events < 1:
            low = min(low, float(beta.ppf(0.025, events, pairs - events + 1)))
        return Rate(seeds, what, rate, min(low, rate), min(max(high, rate), 1.0), pairs, len(values))


_NOTHING = Evidence({}, {})


def _mean(found: Sequence[bool | None]) -> float | None:
    there = [each for each in found if each is not None]
    return float(np.mean(there)) if there else None
