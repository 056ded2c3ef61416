"""Several seeds of one method: mean and Student-t interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from scipy.special import stdtrit

from mixbench.results.measures import BY_NAME
from mixbench.results.readings import Reading
from mixbench.results.record import Record

FEWEST_SEEDS = 3


def over_seeds(records: Sequence[Record], measure: str) -> Reading | None:
    """Return a measure over the seeds of one method: their mean, and from 3 seeds a 95 % Student-t interval.

    One record keeps its own interval; two have none. Where all seeds agree to the last example they say nothing of the
    spread, and the first one's own interval over examples stands. The one over seeds covers neither the test draw, the
    surrogate nor the noise draw, and ends where the measure's range does. None where a record lacks the measure. `n` is
    the number of seeds, or one record's examples.
    """
    found = [record.readings[measure] for record in records if measure in record.readings]
    if not found or len(found) < len(records):
        return None
    if len(found) == 1:
        return found[0]
    values, n = [reading.value for reading in found], len(found)
    mean = math.fsum(values) / n
    if n < FEWEST_SEEDS:
        return Reading(value=mean, n=n, low=None, high=None)
    if min(values) == max(values):
        return Reading(value=values[0], n=n, low=found[0].low, high=found[0].high)
    half = _student(n) * math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    least, most = _range(measure)
    return Reading(value=mean, n=n, low=max(mean - half, least), high=min(mean + half, most))


def _range(measure: str) -> tuple[float, float]:
    least, most = BY_NAME[measure].range
    return least, math.inf if most is None else most


@cache
def _student(n: int) -> float:
    """Half a 95 % interval of a mean of n values, in their standard deviations."""
    return float(stdtrit(n - 1, 0.975)) / math.sqrt(n)
