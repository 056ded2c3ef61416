"""Seed after seed until it is decided: when to stop, and what that costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from mixbench.compare.column import FEWEST_SEEDS
from mixbench.compare.pair import POWER, Pair, Spread, Verdict
from mixbench.compare.prior import draw_variances
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import SUITE_SEED, stream

FALSE_ALARM, MISS = 0.0475, 0.19
"""Spent in the draws, so that what they leave uncertain stays within 5 and 20 %."""

DRAWS = 20_000
MOST_SEEDS = 100
SPEND_FOUND, SPEND_SAME = 1.0, 1.0
"""Powers of the share of information by which the two errors are spent."""


@dataclass(frozen=True)
class Sequential:
    """Looks (seeds of each method), from three on, and the bounds of |t| there.

    At `found` and above the methods differ; below `same` they differ by less than `effect`, in the measure's unit.
    `fixed` is how many seeds a test of fixed size of the same power needs, None where none has it. `expected` are the
    mean seeds where the true difference is 0, the effect, and 1.5 times the effect, `false_alarm` and `miss` the
    error rates where it is 0 and the effect.
    """

    effect: float
    looks: tuple[int, ...]
    found: tuple[float, ...]
    same: tuple[float, ...]
    fixed: int | None
    expected: tuple[float, float, float]
    false_alarm: float
    miss: float

    def decide(self, pair: Pair) -> Verdict | None:
        """Return the verdict at a pair's seeds, UNDECIDED after the last look, None where another seed is wanted."""
        if pair.seeds < self.looks[0]:
            return None
        place = min(pair.seeds, self.looks[-1]) - self.looks[0]
        size = abs(pair.difference) / math.sqrt(pair.variance) if pair.variance else 0.0
        if size >= self.found[place]:
            return Verdict.BETTER if pair.difference < 0 else Verdict.WORSE
        if size < self.same[place]:
            return Verdict.SAME
        return Verdict.UNDECIDED if pair.seeds >= self.looks[-1] else None


@dataclass(frozen=True, eq=False)
class _Paths:
    """Means over 1 … S seeds (D, S) of differences without an effect, and their estimated standard errors."""

    mean: Float[np.ndarray, "d s"]
    error: Float[np.ndarray, "d s"]

    def t(self, effect: float) -> Float[np.ndarray, "d s"]:
        return (self.mean + effect) / self.error


@lru_cache(maxsize=64)
def plan_sequential(spread: Spread, examples: int, effect: float, most_seeds: int = 30) -> Sequential:
    """Plan looks after each seed for a difference of `effect`, where variances are as `spread` says.

    Bounds follow from simulated paths with the seed variance unknown, drawn from the prior and moderated by it, so that
    a difference is claimed in at most 5 % where there is none and missed in at most 20 % where it is the effect. With
    no more than `most_seeds`, which may be too few for that: what is left is undecided. A spread of prior 0 is that of
    a pilot. MixBenchError for an effect of 0, no variance, or fewer than three seeds.
    """
    if effect <= 0 or spread.seed <= 0 or not FEWEST_SEEDS <= most_seeds <= MOST_SEEDS:
        raise MixBenchError(
            f"until decided: needed an effect and a variance above 0 and 3 to {MOST_SEEDS} seeds,"
            f" got {effect:g}, {spread.seed:g} and {most_seeds}"
        )
    unit = math.sqrt(2 * spread.seed / examples)
    floor, size = spread.example / spread.seed, effect / unit
    paths = _paths(spread.weight, spread.prior, floor, most_seeds)
    fixed = _fixed(paths, size)
    last = fixed or most_seeds
    found, same = _bounds(paths, size, floor, last)
    while last < most_seeds and _rate(paths, size, found, same)[0] < POWER:
        last += 1
        found, same = _bounds(paths, size, floor, last)
    none, design, more = (_rate(paths, scale * size, found, same)[2] for scale in (0.0, 1.0, 1.5))
    false_alarm, miss = _rate(paths, 0.0, found, same)[0], 1 - _rate(paths, size, found, same)[0]
    looks = tuple(range(FEWEST_SEEDS, last + 1))
    return Sequential(effect, looks, tuple(found), tuple(same), fixed, (none, design, more), false_alarm, miss)


def _paths(weight: float, prior: float, floor: float, most: int) -> _Paths:
    """Draw differences in units of one seed's pooled standard deviation; the part that seeds share has no end."""
    rng = stream(SUITE_SEED, "until decided")
    true = draw_variances(rng, prior, DRAWS)
    seeds = np.arange(1, most + 1)
    values = rng.standard_normal((DRAWS, most)) * np.sqrt(true)[:, None]
    mean = values.cumsum(axis=1) / seeds
    squares = np.maximum((values**2).cumsum(axis=1) - seeds * mean**2, 0.0)
    variance = squares / np.maximum(seeds - 1, 1)
    if math.isfinite(weight):
        variance = (weight + squares) / np.maximum(weight + seeds - 1, 1e-9)
    else:
        variance = np.ones_like(squares)
    shared = rng.standard_normal(DRAWS)[:, None] * math.sqrt(floor)
    return _Paths(mean + shared, np.sqrt(np.maximum(variance, 1e-12) / seeds + floor))


def _fixed(paths: _Paths, size: float) -> int | None:
    """The fewest seeds with which one look at the end has the power, three or more."""
    null, effect = np.abs(paths.t(0.0)), paths.t(size)
    for last in range(FEWEST_SEEDS, null.shape[1] + 1):
        bound = np.quantile(null[:, last - 1], 1 - FALSE_ALARM)
        if (effect[:, last - 1] >= bound).mean() >= POWER:
            return last
    return None


def _bounds(paths: _Paths, size: float, floor: float, last: int) -> tuple[list[float], list[float]]:
    """Spend both errors look by look, by information."""
    null, effect = np.abs(paths.t(0.0)), np.abs(paths.t(size))
    going, going_effect = np.ones(len(null), dtype=bool), np.ones(len(null), dtype=bool)
    found, same, spent, missed = [], [], 0.0, 0.0
    for look in range(FEWEST_SEEDS, last + 1):
        share = (1 / last + floor) / (1 / look + floor)
        high = _upper(null[:, look - 1], going, FALSE_ALARM * share**SPEND_FOUND - spent)
        low = min(_lower(effect[:, look - 1], going_effect, MISS * share**SPEND_SAME - missed), high)
        now, now_effect = null[:, look - 1], effect[:, look - 1]
        spent += (going & (now >= high)).mean()
        missed += (going_effect & (now_effect < low)).mean()
        going = going & (now < high) & (now >= low)
        going_effect = going_effect & (now_effect < high) & (now_effect >= low)
        found.append(float(high))
        same.append(float(low))
    # At the end what does not differ is the same, where that errs rarely enough.
    if missed + going_effect.mean() <= 1 - POWER:
        same[-1] = found[-1]
    return found, same


def _upper(values: Float[np.ndarray, " d"], going: Bool[np.ndarray, " d"], share: float) -> float:
    count = int(share * len(values))
    if count < 1 or not going.any():
        return math.inf
    ordered = np.sort(values[going])
    return float(ordered[-count]) if count <= len(ordered) else 0.0


def _lower(values: Float[np.ndarray, " d"], going: Bool[np.ndarray, " d"], share: float) -> float:
    count = int(share * len(values))
    if count < 1 or not going.any():
        return 0.0
    ordered = np.sort(values[going])
    return float(ordered[min(count, len(ordered) - 1)])


def _rate(paths: _Paths, size: float, found: list[float], same: list[float]) -> tuple[float, float, float]:
    """Return how often a difference is found, how often sameness, and the mean seeds."""
    t = np.abs(paths.t(size)[:, FEWEST_SEEDS - 1 : FEWEST_SEEDS - 1 + len(found)])
    high, low = t >= np.array(found), t < np.array(same)
    stops = high | low
    stops[:, -1] = True
    first = stops.argmax(axis=1)
    rows = np.arange(len(t))
    return float(high[rows, first].mean()), float(low[rows, first].mean()), float(first.mean() + FEWEST_SEEDS)
