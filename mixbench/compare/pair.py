"""Two methods on the same seeds and examples: what differs, what is the same, and what would decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr, stdtrit

from mixbench.compare.column import FEWEST_SEEDS
from mixbench.compare.components import Components, shared_product
from mixbench.spec.errors import MixBenchError

LEVEL = 0.05
POWER = 0.8
MOST_SEEDS = 1000


class Verdict(StrEnum):
    """What is said of the first method against the second."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Spread:
    """What a panel says about a row's variance: the pooled seed and example parts, as in Components, and the prior d₀.

    `freedom` are the panel's own degrees of freedom. Without a panel: `Spread()`, a pair's own variance alone.
    """

    seed: float = 0.0
    example: float = 0.0
    prior: float = 0.0
    freedom: float = 0.0

    @property
    def weight(self) -> float:
        """The degrees of freedom that the pooled variance counts for."""
        return min(self.prior, self.freedom)


def spread_of(panel: Components | None, prior: float = math.inf) -> Spread:
    """Return what a panel says about the variance of a pair's difference; without one, nothing."""
    return Spread() if panel is None else Spread(panel.seed, max(panel.example, 0.0), prior, panel.freedom)


@dataclass(frozen=True)
class Pair:
    """The difference a - b, its variance's parts, and what follows; `p` and the interval are None without a variance.

    `seed` over seeds used is the seed's part of the variance and `floor` what more seeds do not lessen, in squared
    units of the measure. `more_seeds` would decide with a power of 80 % if the difference is what it is, None where no
    number would. `p_holm` is adjusted over the headline measures, None for all others.
    """

    difference: float
    seeds: int
    seed: float
    floor: float
    weight: float
    examples: int
    tolerance: float
    low: float | None
    high: float | None
    p: float | None
    verdict: Verdict
    more_seeds: int | None
    p_holm: float | None = None

    @property
    def variance(self) -> float:
        """The variance of the difference."""
        return self.seed / self.seeds + self.floor

    @property
    def decisive(self) -> float:
        """The level that `p` is held against: Holm's where the measure is one of the headline."""
        return LEVEL if not self.p or not self.p_holm else LEVEL * self.p / self.p_holm


def compare_pair(
    a: Float[np.ndarray, "s n"], b: Float[np.ndarray, "t m"], tolerance: float, spread: Spread = Spread()
) -> Pair:
    """Compare two methods' contributions (S, N) on the same seeds and examples, two-sided.

    By t with the pair's seed variance moderated by the panel's (twice MS_ms). Lower is better. MixBenchError for
    arrays of other shapes.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 2 or not a.size:
        raise MixBenchError(f"compare: needed the same seeds and examples of both, got {a.shape} and {b.shape}")
    differences = a - b
    (seeds, n), own = differences.shape, seed_variance(differences)
    weight = spread.weight
    if weight + seeds - 1 <= 0:
        return replace(_bare(differences, tolerance), more_seeds=FEWEST_SEEDS - seeds)
    seed = (weight * 2 * spread.seed / n + (seeds - 1) * own) / (weight + seeds - 1)
    # One seed alone cannot tell the example's part from the rest.
    floor = max(shared_product(differences), 0.0) if seeds > 1 else 2 * spread.example
    return _judged(replace(_bare(differences, tolerance), seed=seed, floor=floor / n, weight=weight))


def _bare(differences: Float[np.ndarray, "s n"], tolerance: float) -> Pair:
    seeds, n = differences.shape
    unknown = (None, None, None, Verdict.UNDECIDED, None)
    return Pair(float(differences.mean()), seeds, 0.0, 0.0, 0.0, n, tolerance, *unknown)


def seed_variance(differences: Float[np.ndarray, "s n"]) -> float:
    """Return the variance of one seed's mean difference, 0 for one seed."""
    return float(differences.mean(axis=1).var(ddof=1)) if len(differences) > 1 else 0.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number, in their order. Holm, 1979."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, factors * np.asarray(p_values, dtype=np.float64)[order]))
    return adjusted.tolist()


def adjust(headline: Sequence[Pair]) -> list[Pair]:
    """Return the headline measures' pairs with Holm's p and the verdicts that it decides."""
    tested = [pair.p for pair in headline if pair.p is not None]
    adjusted = iter(holm(tested))
    return [_decided(replace(pair, p_holm=next(adjusted))) if pair.p is not None else pair for pair in headline]


def _judged(pair: Pair) -> Pair:
    if pair.variance == 0:
        same = abs(pair.difference) <= pair.tolerance
        sure = pair.difference == 0 and same
        return replace(
            pair,
            p=1.0 if sure else None,
            verdict=Verdict.SAME if sure else Verdict.UNDECIDED,
            more_seeds=0 if sure else max(FEWEST_SEEDS - pair.seeds, 0) or None,
        )
    freedom, error = degrees(pair, pair.seeds), math.sqrt(pair.variance)
    half = float(stdtrit(freedom, 1 - LEVEL / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(pair.difference) / error))
    return _decided(replace(pair, p=p, low=pair.difference - half, high=pair.difference + half))


def _decided(pair: Pair) -> Pair:
    if pair.variance == 0:
        return pair
    p = pair.p if pair.p_holm is None else pair.p_holm
    if p is not None and p < LEVEL:
        return replace(pair, verdict=Verdict.BETTER if pair.difference < 0 else Verdict.WORSE, more_seeds=0)
    if equivalence(pair) < LEVEL:
        return replace(pair, verdict=Verdict.SAME, more_seeds=0)
    return replace(pair, verdict=Verdict.UNDECIDED, more_seeds=more_seeds(pair))


def equivalence(pair: Pair) -> float:
    """Return the larger p of the two one-sided tests that the difference is not within the tolerance.

    Schuirmann, 1987.
    """
    room = (pair.tolerance - abs(pair.difference)) / math.sqrt(pair.variance)
    return float(stdtr(degrees(pair, pair.seeds), -room))


def degrees(pair: Pair, seeds: int) -> float:
    """Return the degrees of freedom of the pair's variance at so many seeds, by Satterthwaite."""
    parts = ((pair.seed / seeds, pair.weight + seeds - 1), (pair.floor, max(pair.examples - 1, 1)))
    return sum(part for part, _ in parts) ** 2 / sum(part**2 / nu for part, nu in parts)


def more_seeds(pair: Pair) -> int | None:
    """Return how many more seeds would show this difference, or sameness, with a power of 80 %; None: none would."""
    low, high = pair.seeds, MOST_SEEDS
    if not _would_decide(pair, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _would_decide(pair, middle) else (middle, high)
    return high - pair.seeds


def _would_decide(pair: Pair, seeds: int) -> bool:
    error, freedom = math.sqrt(pair.seed / seeds + pair.floor), degrees(pair, seeds)
    found, sided, caught = (float(stdtrit(freedom, q)) for q in (1 - pair.decisive / 2, 1 - LEVEL, POWER))
    size = abs(pair.difference)
    return bool(size >= (found + caught) * error or pair.tolerance - size >= (sided + caught) * error)
