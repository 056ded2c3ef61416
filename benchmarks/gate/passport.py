"""The gate's passport: how often it errs and what it finds, on real trainings that it was not calibrated with.

    python benchmarks/gate/passport.py RUNS [--calibration FILE] [--splits 60] [--json | --table]

RUNS is a folder of records, with many seeds of a few methods; what the calibration has seen is left out and counted.
Nothing changes between two groups of trainings of one method: where the gate fails, that is a false alarm. Worsenings
are planted into one of the groups, example by example, by a multiple of the measure's tolerance. Rates are means over
splits of a method's trainings into two groups; intervals of 95 % by a bootstrap over trainings (exponential weights,
whose product is a split's), and never closer to 0 or 1 than the independent pairs allow (Clopper and Pearson, 1934).
--table writes the short table of docs/gate.md and README.md in Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import beta

from mixbench.gate.calibrate import training_of
from mixbench.gate.calibration import Calibration, calibration_for, read_calibration
from mixbench.gate.compare import compare_row
from mixbench.gate.comparison import Comparison
from mixbench.gate.evidence import Evidence, evidence_of
from mixbench.gate.matching import Match, method_of
from mixbench.gate.newflags import new_flags
from mixbench.gate.regression import GOOD, Verdict, judge
from mixbench.results.found import Found, read_records

SEEDS = (1, 2, 3)
PLANTED = (
    "clean.top1_error", "fgsm.black.top1_error", "ifgsm.white.top1_error", "ifgsm.white.eps_area",
    "noise50.test_error_last", "noise50.train_error_corrupted", "calibration.ece", "between.miss_mixup",
)  # fmt: skip
TIMES = 2.0
AIMS = {"false alarm": ("at most", 0.02), "inconclusive": ("at most", 0.05), f"finds {TIMES:g}×": ("at least", 0.9)}
AIMED_AT = 3
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


def above_aim(rate: Rate) -> str:
    """Say where the interval does not exclude that an aim is missed; nothing where it does or there is no aim."""
    aim = next((aim for what, aim in AIMS.items() if rate.what.startswith(what)), None)
    if aim is None or rate.seeds != AIMED_AT:
        return ""
    bound, value = aim
    met = rate.high <= value if bound == "at most" else rate.low >= value
    end = f"up to {rate.high:.0%}" if bound == "at most" else f"down to {rate.low:.0%}"
    return "" if met else f"aim {bound} {value:.0%} is not shown: {end}"


def main() -> None:
    """Print the passport of each suite and backbone in a folder of records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("--calibration", type=Path)
    parser.add_argument("--splits", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--table", action="store_true")
    words = parser.parse_args()
    groups: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for found in read_records(words.runs):
        groups[found.record.suite_digest, found.record.backbone].append(found)
    for (digest, backbone), records in groups.items():
        given = words.calibration
        known = read_calibration(given) if given else calibration_for(words.runs, digest, backbone)
        if known is None or (known.suite_digest, known.backbone) != (digest, backbone):
            continue
        passport = Passport(records, known)
        rates = list(passport.rates(words.splits))
        write = _json if words.json else _table if words.table else _text
        sys.stdout.write(write(passport, rates))


def _json(passport: Passport, rates: Sequence[Rate]) -> str:
    known = passport.calibration
    made = {"suite": known.suite, "backbone": known.backbone, "left_out": passport.left_out}
    return json.dumps({**made, "rates": [asdict(rate) for rate in rates]}) + "\n"


def _table(passport: Passport, rates: Sequence[Rate]) -> str:
    """A line for each number of seeds, in percent with the 95 % interval."""
    said = {(rate.seeds, rate.what): rate for rate in rates}
    columns = (*list(AIMS)[:2], FOUND)
    lines = [
        f"| `{passport.calibration.suite}`, seeds a side | false alarms | inconclusive"
        f" | {TIMES:g} × the tolerance is found | independent pairs |",
        "|---|---:|---:|---:|---:|",
    ]
    for seeds in dict.fromkeys(rate.seeds for rate in rates):
        cells = [_percent(said[seeds, what]) if (seeds, what) in said else "" for what in columns]
        lines.append(f"| {seeds} | {' | '.join(cells)} | {said[seeds, columns[0]].pairs} |")
    missed = [f"{rate.what}: {why}" for rate in rates if rate.what in columns and (why := above_aim(rate))]
    return "\n".join([*lines, "", *(f"{each}." for each in missed)]).rstrip() + "\n"


def _percent(rate: Rate) -> str:
    return f"{100 * rate.rate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def _text(passport: Passport, rates: Sequence[Rate]) -> str:
    methods = ", ".join(f"{row[0].record.augmentation} ({len(row)})" for row in passport.rows) or "none"
    lines = [
        f"{passport.calibration.suite}, {passport.calibration.backbone}: trainings by method: {methods};"
        f" {passport.left_out} that the calibration has seen are left out"
    ]
    for rate in rates:
        lines.append(
            f"{rate.seeds} seeds  {rate.what:<40} {rate.rate:6.1%} [{rate.low:.1%}, {rate.high:.1%}]"
            f"  {rate.pairs} independent pairs, {rate.splits} splits  {above_aim(rate)}".rstrip()
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
