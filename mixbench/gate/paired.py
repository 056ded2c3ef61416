"""Tests of 'worse than the baseline': paired over examples, Welch over seeds, Holm over all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import bdtr, stdtr, stdtrit

CAUGHT = 0.9
"""How often a worsening has to be found for the gate to say that it would see it."""


@dataclass(frozen=True)
class Contrast:
    """A difference, above 0 where the candidate is worse, and the one-sided p-value of its being no worse."""

    difference: float
    error: float
    freedom: float
    p: float

    def interval(self) -> tuple[float, float]:
        """Return the 95 % Student-t interval of the difference."""
        half = float(stdtrit(self.freedom, 0.975)) * self.error
        return self.difference - half, self.difference + half

    def sees(self, tolerance: float, level: float) -> float:
        """Return the least worsening whose p-value and interval would both convince nine times in ten."""
        significant, beyond, caught = (float(stdtrit(self.freedom, share)) for share in (1 - level, 0.975, CAUGHT))
        return max(tolerance + (beyond + caught) * self.error, (significant + caught) * self.error)


def mcnemar_worse(baseline: Bool[np.ndarray, " n"], candidate: Bool[np.ndarray, " n"]) -> Contrast:
    """Test two models' errors on the same examples, n of at least 2, by McNemar's exact test, one-sided.

    McNemar, 1947; the interval is that of paired differences.
    """
    n, lost, won = len(baseline), int((candidate & ~baseline).sum()), int((baseline & ~candidate).sum())
    difference = (lost - won) / n
    error = math.sqrt(max((lost + won) / n - difference**2, 0.0) / (n - 1))
    return Contrast(difference, error, float(n - 1), float(bdtr(won, lost + won, 0.5)))


def paired_t(differences: Float[np.ndarray, " n"]) -> Contrast:
    """Test the mean of paired differences (N,), N of at least 2, by Student's t, one-sided.

    Where all of them are one number, which leaves no spread to go by, the sign test takes its place.
    """
    n, mean = len(differences), float(differences.mean())
    if np.ptp(differences) == 0:
        return Contrast(mean, 0.0, float(n - 1), 0.5**n if mean > 0 else 1.0)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    return Contrast(mean, error, float(n - 1), float(stdtr(n - 1, -mean / error)))


def welch(baseline: Float[np.ndarray, " s"], candidate: Float[np.ndarray, " t"], grain: float) -> Contrast:
    """Test readings over different seeds, at least 2 a side, by Welch's t with Satterthwaite's degrees of freedom.

    One-sided. A spread cannot be taken as smaller than that of rounding to `grain`, the step in which a reading can
    change. Welch, 1947.
    """
    sides, floor = (baseline, candidate), grain**2 / 12
    parts = [max(float(values.var(ddof=1)), floor) / len(values) for values in sides]
    error, difference = math.sqrt(sum(parts)), float(candidate.mean() - baseline.mean())
    squares = sum(part**2 / (len(values) - 1) for part, values in zip(parts, sides, strict=True))
    freedom = sum(parts) ** 2 / squares
    return Contrast(difference, error, freedom, float(stdtr(freedom, -difference / error)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number, in their order. Holm, 1979."""
    adjusted, largest = [1.0] * len(p_values), 0.0
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
