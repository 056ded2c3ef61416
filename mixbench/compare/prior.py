"""How unequal the methods' variances are: Smyth's prior, and variances moderated by it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, polygamma

from mixbench.compare.components import Components
from mixbench.compare.root import root

_MEDIAN = math.sqrt(math.pi / 2)
"""The standard error of a median over that of a mean."""


def excess(variances: Float[np.ndarray, " m"], freedom: Float[np.ndarray, " m"]) -> tuple[float, float]:
    """Return how much more the logarithms of variances (M,) spread than sampling alone makes them, and its error.

    Smyth, Linear Models and Empirical Bayes Methods, 2004, §6.2: the excess is trigamma(d₀/2). Variances of 0 count as
    half the smallest other; with fewer than three to go by there is none.
    """
    keep = (freedom > 0.5) & np.isfinite(variances)
    values, half = variances[keep], freedom[keep] / 2
    if (values > 0).sum() < 3:
        return 0.0, 0.0
    values = np.where(values > 0, values, values[values > 0].min() / 2)
    logs = np.log(values) - digamma(half) + np.log(half)
    sampling = polygamma(1, half).mean()
    error = math.sqrt((polygamma(3, half).mean() + 2 * sampling**2) / len(values))
    return float(logs.var(ddof=1) - sampling), error


def prior_freedom(variances: Float[np.ndarray, " m"], freedom: Float[np.ndarray, " m"]) -> float:
    """Return Smyth's d₀ of variances (M,), each with its degrees of freedom; inf where they look equal."""
    return _freedom(excess(variances, freedom)[0])


def _freedom(beyond: float) -> float:
    return 2 * inverse_trigamma(beyond) if beyond > 0 else math.inf


def inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value > 0."""
    low, high = 1e-3, 1e8
    if not polygamma(1, high) < value < polygamma(1, low):
        return low if value >= polygamma(1, low) else math.inf
    # In logarithms it is nearly a line.
    return math.exp(
        root(lambda x: math.log(polygamma(1, math.exp(x))) - math.log(value), math.log(low), math.log(high), 1e-12)
    )


def board_prior(columns: Sequence[Components]) -> float:
    """Return one d₀ for a board: the median of its columns' excesses and one standard error more.

    The fit of one column is so rough that the median alone, taken at its word, errs more often than in 5 % of boards.
    inf without columns.
    """
    fits = [excess(column.seed_own, column.freedom_own) for column in columns]
    if not fits:
        return math.inf
    error = math.sqrt(sum(error**2 for _, error in fits)) / len(fits) * (_MEDIAN if len(fits) > 2 else 1.0)
    return _freedom(float(np.median([beyond for beyond, _ in fits])) + error)


def moderated(
    pooled: float, own: Float[np.ndarray, "*m"], freedom: Float[np.ndarray, "*#m"], prior: float
) -> Float[np.ndarray, "*m"]:
    """Return (d₀·pooled + freedom·own)/(d₀ + freedom), the pooled one where d₀ is infinite or nothing is known."""
    own, freedom = np.asarray(own, dtype=np.float64), np.asarray(freedom, dtype=np.float64)
    if math.isinf(prior):
        return np.full(np.broadcast(own, freedom).shape, pooled)
    total = prior + freedom
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (prior * pooled + np.where(freedom > 0, freedom * own, 0.0)) / total, pooled)


def draw_variances(rng: np.random.Generator, prior: float, draws: int) -> Float[np.ndarray, " d"]:
    """Draw variances of the difference of two methods, in units of their mean; ones without a finite prior."""
    if not 0 < prior < math.inf:
        return np.ones(draws)
    each = (prior / rng.chisquare(prior, (2, draws))).mean(axis=0)
    # With a heavier tail than this the mean of the draws says little.
    return each / each.mean() if prior > 4 else each
