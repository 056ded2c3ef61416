"""The largest difference that chance alone gives within a family of rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import chdtri, ndtr

from mixbench.compare.prior import moderated
from mixbench.compare.root import root
from mixbench.spec.seeding import SUITE_SEED, stream

LEVEL = 0.05
DRAWS = 10_000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_Z = np.linspace(-8.5, 8.5, 171)


@dataclass(frozen=True)
class Family:
    """A panel, and with `outside` one row more, in units of the pooled seed variance of one seed.

    `seeds` and `freedom` (its seeds less one) are the panel rows'; `example` holds their example parts, which more
    seeds do not lessen, and `mean_example` the pooled one. `least` is how many seeds the row outside has. `block` is
    the spread of what a seed does to all rows alike and the error in it, which matters where seeds are unequal.
    """

    seeds: tuple[int, ...]
    freedom: tuple[float, ...]
    example: tuple[float, ...]
    mean_example: float
    prior: float
    freedom_pooled: float
    outside: bool
    least: int
    block: tuple[float, float] = (0.0, 0.0)

    @property
    def size(self) -> int:
        """How many rows it has."""
        return len(self.seeds) + self.outside

    @property
    def fewest(self) -> int:
        """The fewest seeds of a panel row."""
        return min(self.seeds)

    @property
    def others(self) -> float:
        """The variance that having other seeds than the panel gives the row outside."""
        return max(self.block[0] - self.block[1], 0.0) * max(1 / self.least - 1 / self.fewest, 0.0)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws (D, K) of a family under equal means: `true` variances of the row means and what T takes for them.

    `typical` is V₀.
    """

    true: Float[np.ndarray, "d k"]
    taken: Float[np.ndarray, "d k"]
    typical: float


@lru_cache(maxsize=4096)
def tukey(rows: int, freedom: float, level: float = LEVEL) -> float:
    """Return the upper quantile of the studentized range of `rows` means. Tukey, 1953.

    By quadrature over the quantiles of the variance estimate; agrees with scipy's to 1e-3, in a hundredth of its time.
    """
    share = (_NODES + 1) / 2
    scale = np.sqrt(chdtri(freedom, 1 - share) / freedom) if math.isfinite(freedom) else np.ones(1)
    weights = _WEIGHTS / 2 if math.isfinite(freedom) else np.ones(1)
    density, below = np.exp(-(_Z**2) / 2) / math.sqrt(2 * math.pi), ndtr(_Z)

    def covered(width: float) -> float:
        inside = below[None] - ndtr(_Z[None] - width * scale[:, None])
        return float(weights @ (rows * (density * inside ** (rows - 1)).sum(axis=1) * (_Z[1] - _Z[0])))

    high = 8.0
    while covered(high) < 1 - level:
        high *= 2
    return root(lambda width: covered(width) - (1 - level), 0.0, high)


@lru_cache(maxsize=512)
def critical(family: Family, freedom: float) -> float:
    """Return c, the 95 % point of max over rows of (mean_i - mean_j)/√(V_j + V₀) where all means are equal.

    `freedom` is that of the pooled variance. Tukey's quantile over √2, times what unequal variances, unequal seeds and
    unequal example parts do to it on the same draws; with none of them Tukey's itself.
    """
    exact = tukey(family.size, freedom) / math.sqrt(2)
    return exact * float(np.quantile(_largest(family), 1 - LEVEL)) / _plain(equal(family))


@lru_cache(maxsize=512)
def _plain(family: Family) -> float:
    """The same of equal rows, whose means differ by their range times one number a draw."""
    freedom = (*family.freedom, *[family.least - 1.0] * family.outside)
    true = _variances(family.prior, freedom, len(family.seeds)).true[:, 0]
    seed, example = 1 / family.fewest, family.mean_example
    largest = _range(family.size) * np.sqrt((true * seed + example) / (2 * (seed + example)))
    return float(np.quantile(largest, 1 - LEVEL))


@lru_cache(maxsize=2)
def _normal(rows: int) -> Float[np.ndarray, "d k"]:
    return stream(SUITE_SEED, "critical", "means").standard_normal((DRAWS, rows))


@lru_cache(maxsize=2)
def _range(rows: int) -> Float[np.ndarray, " d"]:
    return np.ptp(_normal(rows), axis=1)


def _largest(family: Family) -> Float[np.ndarray, " d"]:
    normal, drawn, common = _normal(family.size), draw(replace(family, block=(0.0, 0.0))), _common(family)
    means = normal * np.sqrt(drawn.true) + common
    few = 1 / min(family.least, family.fewest) + family.mean_example + family.others
    alike = few == drawn.typical
    worst = (means if alike else means[:, : len(family.seeds)]).max(axis=1, keepdims=True)
    largest = ((worst - means) / np.sqrt(drawn.taken + drawn.typical)).max(axis=1)
    if alike or not family.outside:
        return largest
    return np.maximum(largest, ((means[:, -1:] - means) / np.sqrt(drawn.taken + few)).max(axis=1))


def equal(family: Family) -> Family:
    """Return the family with equal variances and seeds, for which Tukey's range is exact."""
    rows = len(family.seeds)
    freedom = family.freedom_pooled / (rows - 1)
    fewest = family.fewest
    return Family(
        (fewest,) * rows, (freedom,) * rows, (family.mean_example,) * rows, family.mean_example, math.inf,
        family.freedom_pooled, family.outside, fewest,
    )  # fmt: skip


@lru_cache(maxsize=2)
def draw(family: Family) -> Drawn:
    """Draw variances of the family's rows from its prior, estimate them as the board does, and scale to the pooled."""
    rows = len(family.seeds)
    seeds = np.array([*family.seeds, *[family.least] * family.outside], dtype=np.float64)
    freedom = np.array([*family.freedom, *[family.least - 1] * family.outside], dtype=np.float64)
    true, own, place = _variances(family.prior, tuple(freedom.tolist()), rows)
    example = np.array(family.example)[place]
    taken = moderated(1.0, own, freedom[None], family.prior) / seeds + example
    taken = np.maximum(taken, 1 / seeds + family.mean_example)
    typical = 1 / family.fewest + family.mean_example
    return Drawn(true / seeds + example, taken, typical)


class _Variances(NamedTuple):
    """Draws of true variances and what rows' own seeds say of them, over what the panel's rows are pooled to.

    `place` is, for each, the row of the panel whose example part it has.
    """

    true: Float[np.ndarray, "d k"]
    own: Float[np.ndarray, "d k"]
    place: Int[np.ndarray, "d k"]


# A column asks for about six of them, in turn; with fewer places each column would draw all anew.
@lru_cache(maxsize=8)
def _variances(prior: float, freedom: tuple[float, ...], rows: int) -> _Variances:
    """Draw variances from the prior, the same for every column of a board."""
    rng, shape, free = stream(SUITE_SEED, "critical", "variances"), (DRAWS, len(freedom)), np.array(freedom)
    true = np.ones(shape) if math.isinf(prior) else prior / rng.chisquare(prior, shape)
    # The seed as a block takes a share of each row's degrees of freedom.
    drawn = np.maximum(free * (1 - 1 / rows), 1e-3)
    own = true * rng.standard_gamma(drawn / 2, shape) / (drawn / 2)
    pooled = (own[:, :rows] @ free[:rows] / free[:rows].sum())[:, None]
    return _Variances(true / pooled, own / pooled, rng.integers(rows, size=shape))


def _common(family: Family) -> Float[np.ndarray, "d k"] | float:
    """Draw the mean of what a row's seeds do to all rows alike; 0 where all rows have the same seeds."""
    seeds = np.array([*family.seeds, *[family.least] * family.outside])
    counts, place = np.unique(seeds, return_inverse=True)
    spread, error = family.block
    if len(counts) == 1 or spread <= 0:
        return 0.0
    rng, freedom = stream(SUITE_SEED, "critical", "seeds"), max(max(family.seeds) - 1, 1)
    variance = np.maximum(spread * freedom / rng.chisquare(freedom, DRAWS) - error, 0.0)
    steps = rng.standard_normal((DRAWS, len(counts))) * np.sqrt(np.diff(counts, prepend=0))
    return (np.sqrt(variance)[:, None] * steps.cumsum(axis=1) / counts)[:, place]
