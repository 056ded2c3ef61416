"""Several seeds of one method: mean and Student-t interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from mixbench.results.readings import Reading
from mixbench.results.record import Record

FEWEST_SEEDS = 3


def over_seeds(records: Sequence[Record], measure: str) -> Reading | None:
    """Return a measure over the seeds of one method: their mean, and from 3 seeds a 95 % Student-t interval.

    One record keeps its own interval; two have none. The interval covers neither the test draw, the surrogate nor
    the noise draw. None where a record lacks the measure. `n` is the number of seeds, or one record's examples.
    """
    found = [record.readings[measure] for record in records if measure in record.readings]
    if not found or len(found) < len(records):
        return None
    if len(found) == 1:
        return found[0]
    values = np.array([reading.value for reading in found])
    mean, n = float(values.mean()), len(values)
    if n < FEWEST_SEEDS:
        return Reading(value=mean, n=n, low=None, high=None)
    half = float(stdtrit(n - 1, 0.975) * values.std(ddof=1) / np.sqrt(n))
    return Reading(value=mean, n=n, low=mean - half, high=mean + half)
