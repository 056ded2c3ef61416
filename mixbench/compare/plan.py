"""What so many seeds would tell, before they are trained."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, stdtrit

from mixbench.compare.column import MOST_SEEDS, Column
from mixbench.compare.pair import LEVEL, POWER, Spread, spread_of
from mixbench.compare.prior import draw_variances
from mixbench.compare.root import root
from mixbench.spec.seeding import SUITE_SEED, stream

DRAWS = 4000


@dataclass(frozen=True)
class Planned:
    """At so many seeds of every row, in the measure's unit: the column's resolution, and the smallest true difference
    that is found with 80 % power on the board and by a comparison of two methods alone. None without variance.
    """

    seeds: int
    resolution: float | None
    on_board: float | None
    of_two: float | None


def power_table(column: Column, seeds: Iterable[int] = (2, 3, 5, 10, 20, 50)) -> list[Planned]:
    """Return what each number of seeds, 2 or more, would tell in a column."""
    spread, examples = spread_of(column.panel, column.prior), column.panel.examples
    return [
        Planned(each, column.resolution_at(each), column.detectable(each), pair_detectable(spread, examples, each))
        for each in seeds
    ]


def pair_power(spread: Spread, examples: int, seeds: int, difference: float) -> float:
    """Return how often a true difference of two methods is found by their comparison, two-sided at 5 %.

    Over variances drawn from the panel's prior; 0 where the panel says nothing of the variance.
    """
    weight = spread.weight
    if spread.seed <= 0 or weight + seeds - 1 <= 0:
        return 0.0
    unit, floor = 2 * spread.seed / examples, 2 * spread.example / examples
    true, own = _variances(spread.prior, seeds)
    taken = unit * (weight + (seeds - 1) * own) / (weight + seeds - 1) / seeds
    degrees = (taken + floor) ** 2 / (taken**2 / (weight + seeds - 1) + floor**2 / max(examples - 1, 1))
    needed = stdtrit(degrees, 1 - LEVEL / 2) * np.sqrt(taken + floor)
    return float(ndtr((difference - needed) / np.sqrt(unit * true / seeds + floor)).mean())


@lru_cache(maxsize=128)
def _variances(prior: float, seeds: int) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Draw true variances of a difference and what so many seeds estimate for them."""
    rng = stream(SUITE_SEED, "power")
    true = draw_variances(rng, prior, DRAWS)
    return true, true * rng.standard_gamma((seeds - 1) / 2, DRAWS) * 2 / (seeds - 1) if seeds > 1 else true


def pair_detectable(spread: Spread, examples: int, seeds: int, power: float = POWER) -> float | None:
    """Return the smallest true difference of two methods that their comparison finds with this power.

    None where the panel says nothing of the variance.
    """
    if pair_power(spread, examples, seeds, math.inf) < power:
        return None
    high = math.sqrt(2 * (spread.seed + spread.example) / examples)
    while pair_power(spread, examples, seeds, high) < power:
        high *= 2
    return root(lambda each: pair_power(spread, examples, seeds, each) - power, 0.0, high)


def plan_seeds(spread: Spread, examples: int, difference: float, power: float = POWER) -> int | None:
    """Return the seeds, two or more, that find a true difference of two methods with this power; None: none would."""

    def enough(seeds: int) -> bool:
        return pair_power(spread, examples, seeds, difference) >= power

    return bisect_left(range(MOST_SEEDS), True, lo=2, key=enough) if enough(MOST_SEEDS) else None
