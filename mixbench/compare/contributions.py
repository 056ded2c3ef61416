"""From records' outcomes to the array that everything here starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from mixbench.results.measure import Direction, Measure


def contributions(measure: Measure, outcomes: Sequence[Mapping[str, np.ndarray]]) -> Float[np.ndarray, "s n"] | None:
    """Return what each example contributes to a measure under each seed's outcomes (S, N), lower being better.

    Of a measure that no example contributes to, such as the best epoch's error, its readings (S, 1), which only seeds
    tell anything of. A measure that is best at 0 has the sign in which the row's mean is positive. None where the
    measure is not defined or outcomes lack what it needs.
    """
    try:
        each = [_of_one(measure, one) for one in outcomes]
    except KeyError:
        return None
    if not each or any(values is None for values in each):
        return None
    table = np.stack([np.asarray(values, dtype=np.float64) for values in each])
    return -table if measure.direction is Direction.ZERO and table.mean() < 0 else table


def _of_one(measure: Measure, outcomes: Mapping[str, np.ndarray]) -> np.ndarray | None:
    if measure.each:
        return measure.each(outcomes)
    reading = measure.compute(outcomes)
    return None if reading is None else np.array([reading.value])
