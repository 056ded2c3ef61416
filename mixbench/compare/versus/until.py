"""Seed after seed until a difference, or that there is none as large as asked for, is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtri

from mixbench.compare.column import FEWEST_SEEDS
from mixbench.compare.components import shared_product
from mixbench.compare.pair import Pair, Spread, Verdict, compare_pair, seed_variance
from mixbench.compare.sequential import MOST_SEEDS, Sequential, plan_sequential
from mixbench.compare.versus.entries import Entry, tables_of, tolerance_of
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.panel import Panel, smallest_seed_variance
from mixbench.compare.versus.sides import Side
from mixbench.results.array import Outcomes
from mixbench.results.measure import Direction, Measure
from mixbench.results.measures import BY_NAME
from mixbench.runs.partial import Wanted
from mixbench.spec.errors import MixBenchError, unknown

Train = Callable[[Sequence[Wanted]], Mapping[Wanted, Outcomes]]

DEFAULT_MEASURE = "clean.top1_error"
DEFAULT_MOST = 20
MISSED = 0.2
"""How often a difference may be missed, and a pilot's variance be taken as too small."""


@dataclass(frozen=True)
class Step:
    """A look at one pair: what is known at so many seeds, the rule it is held against, and what follows.

    `verdict` is None where another seed is wanted.
    """

    a: Side
    b: Side
    measure: Measure
    values: tuple[float, float]
    pair: Pair
    rule: Sequential
    verdict: Verdict | None

    @property
    def bounds(self) -> tuple[float, float]:
        """Above the first |t| the methods differ, below the second they do not by as much as was asked for."""
        place = min(self.pair.seeds, self.rule.looks[-1]) - self.rule.looks[0]
        return self.rule.found[place], self.rule.same[place]

    @property
    def size(self) -> float:
        """|t|."""
        return abs(self.pair.difference) / self.pair.variance**0.5 if self.pair.variance else 0.0

    def entry(self) -> Entry:
        """Return what is said in the end; the interval holds at every look at once, and no p of one look is given."""
        pair, half = self.pair, self.bounds[0] * self.pair.variance**0.5
        low, high = (pair.difference - half, pair.difference + half) if np.isfinite(half) else (None, None)
        told = self.verdict or Verdict.UNDECIDED
        more = pair.more_seeds if told is Verdict.UNDECIDED else 0
        return Entry(
            self.a, self.b, self.measure, self.values,
            replace(pair, low=low, high=high, p=None, p_holm=None, verdict=told, more_seeds=more),
        )  # fmt: skip


def checked_measure(name: str, detect: float | None, most_seeds: int) -> Measure:
    """Return the measure to decide; MixBenchError for one that cannot be, and for other than 3 to 100 seeds."""
    if name not in BY_NAME:
        raise unknown("measure", name, BY_NAME, "'mixbench list measures' shows them")
    measure = BY_NAME[name]
    if measure.direction is not Direction.LOWER:
        raise MixBenchError(f"--measure {name}: needed one of which lower is better, got {measure.direction.value}")
    if not measure.tolerance and detect is None:
        raise MixBenchError(f"--measure {name}: needed --detect X, since no difference of it counts as none; add it")
    if detect is not None and not 0 < detect < float("inf"):
        raise MixBenchError(f"--detect: needed a difference above 0 in the measure's own unit, got {detect:g}")
    if not FEWEST_SEEDS <= most_seeds <= MOST_SEEDS:
        raise MixBenchError(f"--most-seeds: needed {FEWEST_SEEDS} to {MOST_SEEDS}, got {most_seeds}")
    return measure


@dataclass(frozen=True)
class Question:
    """What is to be decided: a measure, the difference that matters (else its tolerance), the most seeds."""

    measure: Measure
    detect: float | None
    most_seeds: int


def until_decided(
    a: Side, others: Sequence[Side], question: Question, panel: Panel, evidence: Evidence, train: Train
) -> Iterator[Step]:
    """Look at a against each other side after every seed from the third on, as long as any is undecided.

    Records that are there count first. MixBenchError where a side that cannot be trained has too few.
    """
    table = _Table(evidence, train)
    counts = {place: max(FEWEST_SEEDS, _prefix(a, b)) for place, b in enumerate(others)}
    counts = {place: min(count, question.most_seeds) for place, count in counts.items()}
    rules: dict[int, tuple[Sequential, Spread]] = {}
    while counts:
        table.fill([(side, seed) for place, n in counts.items() for side in (a, others[place]) for seed in range(n)])
        for place, seeds in list(counts.items()):
            step = _look(a, others[place], seeds, question, panel, table, rules, place)
            yield step
            if step.verdict is None and seeds < question.most_seeds:
                counts[place] = seeds + 1
            else:
                del counts[place]


def _prefix(a: Side, b: Side) -> int:
    return next(seed for seed in range(len(a.records) + 1) if seed not in a.records or seed not in b.records)


class _Table:
    """The outcomes of sides by seed: those of records, and of trainings as they come."""

    def __init__(self, evidence: Evidence, train: Train) -> None:
        self.evidence, self.train = evidence, train
        self.trained: dict[Wanted, Outcomes] = {}

    def fill(self, wanted: Iterable[tuple[Side, int]]) -> None:
        open_ones = [(side, seed) for side, seed in wanted if seed not in side.records]
        for side, seed in open_ones:
            if side.spec is None:
                raise MixBenchError(
                    f"--until-decided: needed seed {seed} of {side.label}, which is known by its records alone, got"
                    " none; add its record, or leave --until-decided out"
                )
        todo = dict.fromkeys((side.spec or "", seed) for side, seed in open_ones)
        if missing := [each for each in todo if each not in self.trained]:
            made = self.train(missing)
            self.trained |= {each: self.evidence.checked(made[each], f"{each[0]}, seed {each[1]}") for each in missing}

    def of(self, side: Side, seeds: int) -> list[Outcomes]:
        return [
            self.evidence.of(side.records[seed]) if seed in side.records else self.trained[side.spec or "", seed]
            for seed in range(seeds)
        ]


def _look(
    a: Side,
    b: Side,
    seeds: int,
    question: Question,
    panel: Panel,
    table: _Table,
    rules: dict[int, tuple[Sequential, Spread]],
    place: int,
) -> Step:
    tables = tables_of(question.measure, table.of(a, seeds), table.of(b, seeds))
    if tables is None:
        raise MixBenchError(
            f"--measure {question.measure.name}: needed it of {a.label} and {b.label}, got none; choose another"
        )
    left, right = tables
    values = float(left.mean()), float(right.mean())
    effect = question.detect or tolerance_of(question.measure, *values)
    spread = panel.spread(question.measure.name, left.shape[1])
    if place not in rules:
        planned = spread if spread.seed > 0 else _pilot(left - right)
        rules[place] = plan_sequential(planned, left.shape[1], effect, question.most_seeds), spread
    rule, spread = rules[place]
    pair = compare_pair(left, right, effect, spread)
    return Step(a, b, question.measure, values, pair, rule, rule.decide(pair))


def _pilot(differences: np.ndarray) -> Spread:
    """What the first seeds say of the variance, where no panel does: the most that they do not speak against.

    Planned with what it looks like, a variance that three seeds show too small would end the looks too soon.
    """
    seeds, n = differences.shape
    seed = max(seed_variance(differences), smallest_seed_variance(n)) * (seeds - 1) / chdtri(seeds - 1, 1 - MISSED)
    return Spread(seed=seed * n / 2, example=max(shared_product(differences), 0.0) / 2)
