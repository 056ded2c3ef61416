"""Intervals and tests that readings and flags need."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import bdtr

from mixbench.spec.seeding import SUITE_SEED, stream

Z95 = 1.959963984540054
DRAWS = 2000
_CELLS = 4_000_000


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion. Wilson, 1927."""
    share, z2 = successes / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the bound is exactly 0 or 1, which rounding would miss.
    return (centre - half if successes else 0.0), (centre + half if successes < n else 1.0)


def bootstrap(statistic: Callable[[np.ndarray], np.ndarray], n: int, purpose: str) -> tuple[float, float]:
    """Return the 95 % percentile interval over 2,000 resamples of n examples.

    `statistic` takes places (draws, n) and returns (draws,); `purpose` names the stream of the draws.
    """
    rng = stream(SUITE_SEED, "bootstrap", purpose)
    size = max(1, _CELLS // n)
    counts = [min(size, DRAWS - start) for start in range(0, DRAWS, size)]
    values = np.concatenate([statistic(rng.integers(n, size=(count, n))) for count in counts])
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def mcnemar(first_wrong: np.ndarray, second_wrong: np.ndarray) -> float:
    """Return the two-sided exact p-value that two models err equally often on the same examples (N,) bool."""
    only_first = int((first_wrong & ~second_wrong).sum())
    only_second = int((second_wrong & ~first_wrong).sum())
    tail = bdtr(min(only_first, only_second), only_first + only_second, 0.5)
    return min(1.0, 2 * float(tail))
