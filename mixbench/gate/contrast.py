"""How much worse than the baseline, how sure that is, and what more trainings would make of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Shaped
from scipy.special import chdtri, ndtr, stdtr, stdtrit

from mixbench.compare.components import shared_product

ALPHA = 0.02
"""Of a regression that is none, over all that is gated together."""

BETA = 0.05
"""Of an ok that is none."""

CAUGHT, POWER = 0.9, 0.8
"""How often what the gate says that it would see is found; how often the trainings that it asks for decide."""

MOST_SEEDS = 30
QUANTILES = 200


@dataclass(frozen=True)
class Variances:
    """What a calibration knows of one training's mean: variances for equal and different seeds, and their freedom."""

    same: float = 0.0
    other: float = 0.0
    freedom: float = 0.0


@dataclass(frozen=True)
class Contrast:
    """A difference, above 0 where the candidate is worse, of so many trainings on both sides.

    `seed` is the trainings' part of its variance with `known` degrees of freedom, `floor` the part of the `examples`,
    which more trainings do not lessen.
    """

    difference: float
    seed: float
    floor: float
    known: float
    examples: int
    trainings: tuple[int, int]

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.seed + self.floor)

    @property
    def freedom(self) -> float:
        """The error's degrees of freedom. Satterthwaite, 1946."""
        parts = ((self.seed, self.known), (self.floor, max(self.examples - 1.0, 1.0)))
        return sum(part for part, _ in parts) ** 2 / sum(part**2 / nu for part, nu in parts if part)

    def p_worse(self, tolerance: float) -> float:
        """Return the p-value of 'worse by at most the tolerance', small for a regression."""
        return float(stdtr(self.freedom, (tolerance - self.difference) / self.error))

    def p_within(self, tolerance: float) -> float:
        """Return the p-value of 'worse by at least the tolerance', small where all is well."""
        return float(stdtr(self.freedom, (self.difference - tolerance) / self.error))

    def interval(self) -> tuple[float, float]:
        """Return the 95 % Student-t interval of the difference."""
        half = self._t(0.975) * self.error
        return self.difference - half, self.difference + half

    def sees(self, tolerance: float, level: float) -> float:
        """Return the least worsening that is called a regression nine times in ten at such a level."""
        return tolerance + (self._t(1 - level) + self._t(CAUGHT)) * self.error

    def decides(self, tolerance: float, level: float) -> bool:
        """Return whether these trainings say regression or ok four times in five, if the difference is what it is."""
        beyond = self.difference - tolerance
        needed = self._t(1 - level) if beyond > 0 else self._t(1 - BETA)
        return abs(beyond) >= (needed + self._t(POWER)) * self.error

    def with_trainings(self, baseline: int, candidate: int) -> Contrast:
        """Return what it would be with so many trainings, as far as that is known now."""
        shares = [sum(1 / count for count in counts) for counts in (self.trainings, (baseline, candidate))]
        more = baseline + candidate - sum(self.trainings)
        return replace(
            self,
            seed=self.seed * shares[1] / shares[0],
            known=self.known + more / 2,
            trainings=(baseline, candidate),
        )

    def _t(self, share: float) -> float:
        return float(stdtrit(self.freedom, share))


def mistaken(prior: float, trainings: int) -> float:
    """Return how often a worsening by the tolerance is called ok where all trainings are twice as noisy as is known.

    Of a method that only others speak for, with d₀ degrees of freedom, and so many trainings' own; without chance of
    the examples. BETA is meant.
    """
    shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
    own = 4 * chdtri(trainings, 1 - shares) / trainings if trainings else np.zeros(1)
    taken = (prior + trainings * own) / (prior + trainings) if np.isfinite(prior) else np.ones(1)
    return float(ndtr(-stdtrit(prior + trainings, 1 - BETA) * np.sqrt(taken) / 2).mean())


def contrast(
    baseline: Shaped[np.ndarray, "s n"],
    candidate: Shaped[np.ndarray, "t n"],
    seeds: tuple[Sequence[int | None], Sequence[int | None]],
    known: tuple[Variances, Variances] = (Variances(), Variances()),
    rest: float | None = None,
) -> Contrast | None:
    """Compare what the same examples contribute under the trainings of two methods, whose `seeds` are named.

    What a seed does to all methods alike cancels as far as both sides have it. The trainings' own variance is moderated
    by what is `known` of them. None where neither says anything.
    """
    counts, n = (len(baseline), len(candidate)), baseline.shape[1]
    first, second = baseline[_order(*seeds)].astype(np.float64), candidate[_order(*seeds[::-1])].astype(np.float64)
    common = len((set(seeds[0]) & set(seeds[1])) - {None})
    seed, freedom = _seed_part(first.mean(axis=1), second.mean(axis=1), common, known)
    if freedom <= 0:
        return None
    grain = 1 / (12 * n**2) * sum(1 / count for count in counts)
    floor = _floor(first, second, rest)
    difference = float(second.mean() - first.mean())
    return Contrast(difference, max(seed, grain), floor / n, freedom, n, counts)


def _order(seeds: Sequence[int | None], others: Sequence[int | None]) -> list[int]:
    """The places of the seeds that the others have too, then of the rest, by seed."""
    return sorted(range(len(seeds)), key=lambda place: (seeds[place] not in others, seeds[place] or 0))


def _seed_part(
    first: Float[np.ndarray, " s"], second: Float[np.ndarray, " t"], common: int, known: tuple[Variances, Variances]
) -> tuple[float, float]:
    """The variance that trainings give to the difference of two means, and its degrees of freedom."""
    s, t = len(first), len(second)
    parts = [_alone(side, count, other, common) for side, count, other in ((known[0], s, t), (known[1], t, s))]
    prior, weight = sum(parts), _freedom(known, parts)
    if common == s == t:
        freedom = s - 1
        own = float((second - first).var(ddof=1)) / s if freedom else 0.0
    else:
        freedom = s + t - 2
        squares = sum(float(((side - side.mean()) ** 2).sum()) for side in (first, second))
        own = squares / freedom * (1 / s + 1 / t) if freedom else 0.0
        full = known[0].other / s + known[1].other / t
        # The seeds that both sides have take off the share that they took off before.
        own *= prior / full if full else 1.0
    if weight + freedom <= 0:
        return 0.0, 0.0
    return (weight * prior + freedom * own) / (weight + freedom), weight + freedom


def _alone(side: Variances, count: int, other: int, common: int) -> float:
    """One side's part: its own at its seeds, and half of what seeds do to all alike and both have not in common."""
    block = max(side.other - side.same, 0.0)
    return side.same / count + block * (1 / count - common / (count * other))


def _freedom(known: tuple[Variances, Variances], parts: Sequence[float]) -> float:
    if known[0] == known[1] or not sum(parts) or min(side.freedom for side in known) <= 0:
        return min(side.freedom for side in known)
    return sum(parts) ** 2 / sum(part**2 / side.freedom for part, side in zip(parts, known, strict=True))


def _floor(first: Float[np.ndarray, "s n"], second: Float[np.ndarray, "t n"], rest: float | None) -> float:
    """The variance of the examples' own differences, freed of what every training adds to it."""
    fewest = min(len(first), len(second))
    if fewest > 1:
        return max(shared_product(second[:fewest] - first[:fewest]), 0.0)
    if first.shape[1] < 2:
        return 0.0
    spread = float((second.mean(axis=0) - first.mean(axis=0)).var(ddof=1))
    return max(spread - (rest or 0.0) ** 2 * (1 / len(first) + 1 / len(second)), 0.0)
