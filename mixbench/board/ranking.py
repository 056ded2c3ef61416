"""Ranks with ties, and an overall order by average rank with the critical difference."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import chdtrc, ndtr

from mixbench.results.measures import HEADLINE, Direction
from mixbench.results.readings import Reading

ALPHA = 0.05
NO_WIDTH = 1e-12
DECIMALS = 12
"""Of a mean that is compared: seeds with 2, 3 and 4 mistakes and seeds with 3, 3 and 3 are a tie, whatever the last
bits of the two sums say."""

RANKED = (Direction.LOWER, Direction.ZERO)


@dataclass(frozen=True)
class Order:
    """An overall order: `average` rank of the first rows of a group, best first; the rows after them lack a measure.

    Average ranks further apart than `critical_difference` differ by Nemenyi's test at 5 %; `joined` has the first
    and last place (from 0) of each largest set of rows that it does not tell apart. `p_value` is Friedman's.
    """

    measures: tuple[str, ...]
    average: tuple[float, ...]
    critical_difference: float
    p_value: float
    joined: tuple[tuple[int, int], ...]


def ranks_of(readings: Sequence[Reading | None], direction: Direction) -> list[int | None]:
    """Return 1 + the number of readings whose interval lies wholly on the better side; None without an interval.

    An interval without width separates nothing and counts as none.
    Flags and measures with a ceiling have no rank; a measure that is best at 0 is ranked by its distance from 0.
    """
    if direction not in RANKED:
        return [None] * len(readings)
    intervals = [_interval(reading, direction) for reading in readings]
    highs = sorted(interval[1] for interval in intervals if interval)
    return [1 + bisect_left(highs, interval[0]) if interval else None for interval in intervals]


def best_of(readings: Sequence[Reading | None], direction: Direction) -> list[bool]:
    """Return which readings are the best mean, all of them where several are; none where there is nothing to beat."""
    if direction not in RANKED or sum(reading is not None for reading in readings) < 2:
        return [False] * len(readings)
    best = min(_badness(reading.value, direction) for reading in readings if reading)
    return [reading is not None and _badness(reading.value, direction) == best for reading in readings]


def _badness(value: float, direction: Direction) -> float:
    return round(abs(value) if direction is Direction.ZERO else value, DECIMALS)


def _interval(reading: Reading | None, direction: Direction) -> tuple[float, float] | None:
    if reading is None or reading.low is None or reading.high is None or reading.high - reading.low < NO_WIDTH:
        return None
    low, high = reading.low, reading.high
    if direction is not Direction.ZERO:
        return low, high
    return max(low, -high, 0.0), max(abs(low), abs(high))


def average_ranks(values: Float[np.ndarray, "methods measures"]) -> Float[np.ndarray, "methods measures"]:
    """Return each method's rank within each measure, 1 for the lowest value, ties sharing their mean rank."""
    values = values.round(DECIMALS)
    below = (values[None] < values[:, None]).sum(axis=1)
    level = (values[None] == values[:, None]).sum(axis=1)
    return below + (level + 1) / 2


def critical_difference(methods: int, measures: int) -> float:
    """Return Nemenyi's critical difference of average ranks at 5 %. Demšar, JMLR 7, 2006, §3.2.2."""
    return _range_quantile(methods) * math.sqrt(methods * (methods + 1) / (12 * measures))


def _range_quantile(k: int) -> float:
    """The 95 % quantile of the range of k standard normal variables."""
    z = np.linspace(-9.0, 9.0, 1801)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    low, high = 0.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        share = k * np.sum(density * (ndtr(z) - ndtr(z - middle)) ** (k - 1)) * (z[1] - z[0])
        low, high = (middle, high) if share < 1 - ALPHA else (low, middle)
    return (low + high) / 2


def friedman(ranks: Float[np.ndarray, "methods measures"]) -> float:
    """Return the p-value that all methods rank alike, corrected for ties. Friedman, 1937."""
    k, n = ranks.shape
    spread = ((ranks - (k + 1) / 2) ** 2).sum()
    if spread == 0:
        return 1.0
    return float(chdtrc(k - 1, (k - 1) * ((ranks.sum(axis=1) - n * (k + 1) / 2) ** 2).sum() / spread))


def joined(average: Sequence[float], difference: float) -> tuple[tuple[int, int], ...]:
    """Return the first and last place of each largest set of sorted average ranks within the critical difference."""
    spans = [(first, _last(average, first, difference)) for first in range(len(average))]
    return tuple(
        (first, last)
        for place, (first, last) in enumerate(spans)
        if last > first and (place == 0 or spans[place - 1][1] < last)
    )


def _last(average: Sequence[float], first: int, difference: float) -> int:
    return max(place for place in range(first, len(average)) if average[place] - average[first] <= difference)


def overall(rows: Sequence[dict[str, Reading]]) -> tuple[list[int], Order | None]:
    """Return the places of rows in the overall order, those that lack a headline measure last, and the order.

    No order where fewer than two rows have at least two headline measures in common.
    """
    measures = tuple(name for name in HEADLINE if any(name in row for row in rows))
    whole = [place for place, row in enumerate(rows) if all(name in row for name in measures)]
    rest = [place for place in range(len(rows)) if place not in set(whole)]
    if len(whole) < 2 or len(measures) < 2:
        return list(range(len(rows))), None
    ranks = average_ranks(np.array([[rows[place][name].value for name in measures] for place in whole]))
    average, difference = ranks.mean(axis=1), critical_difference(*ranks.shape)
    places = np.argsort(average, kind="stable")
    ordered = tuple(average[places].tolist())
    order = Order(measures, ordered, difference, friedman(ranks), joined(ordered, difference))
    return [*(whole[place] for place in places), *rest], order
