"""What each example adds to a measure that is no mean: values whose mean is the measure and whose spread is its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from mixbench.spec.seeding import SUITE_SEED, stream

DRAWS = 500
Weights = Callable[[int], Float[np.ndarray, " n"]]


def pseudo_values(value: float, without: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return N·T - (N - 1)·T₍₋ₑ₎ from a measure T and its values without each example, moved to have T as their mean.

    Tukey, 1958. The move takes off the jackknife's correction of bias, so that ranks follow the values that are shown.
    """
    each = len(without) * value - (len(without) - 1) * without
    return each - each.mean() + value


def without_each(statistic: Callable[[Int[np.ndarray, " k"]], float], n: int) -> Float[np.ndarray, " n"]:
    """Return a statistic of the places (n - 1,) that are left without each of n examples, one by one: slow."""
    places = np.arange(n)
    return np.array([statistic(np.delete(places, place)) for place in places])


def binned(gaps: Float[np.ndarray, " n"], bins: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return the pseudo-values of a calibration error from gaps (N,) and each one's bin, which it keeps; in O(N)."""
    n, sums = len(gaps), np.bincount(bins, weights=gaps)
    total, mine = np.abs(sums).sum(), sums[bins]
    return pseudo_values(float(total / n), (total - np.abs(mine) + np.abs(mine - gaps)) / max(n - 1, 1))


def over_coverage(
    confidence: Float[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"], weights: Weights
) -> Float[np.ndarray, " n"]:
    """Return the pseudo-values of Σₖ wₖ·Eₖ, where Eₖ counts the errors among the k surest examples; in O(N log N).

    `weights(n)` gives w₁ … wₙ for n examples, two or more: `aurc`, `augrc` or `error_at(0.9)`. Ties in their order.
    """
    n, order = len(wrong), np.argsort(-confidence, kind="stable")
    errors = wrong[order].astype(np.float64)
    among, shorter = errors.cumsum(), weights(n - 1)
    # Without the example at place p the surer ones keep their place and the others move up by one.
    before = np.concatenate([[0.0], (shorter * among[:-1]).cumsum()])
    after = np.concatenate([(shorter * among[1:])[::-1].cumsum()[::-1], [0.0]])
    later = np.concatenate([shorter[::-1].cumsum()[::-1], [0.0]])
    without = np.empty(n)
    without[order] = before + after - errors * later
    return pseudo_values(float(weights(n) @ among), without)


def aurc(n: int) -> Float[np.ndarray, " n"]:
    """Weights of the area under risk over coverage. Geifman & El-Yaniv, 2017."""
    return 1 / (np.arange(1, n + 1) * n)


def augrc(n: int) -> Float[np.ndarray, " n"]:
    """Weights of the area under generalised risk over coverage. Traub et al., 2024."""
    return np.full(n, 1 / n**2)


def error_at(coverage: float) -> Weights:
    """Weights of the error among the surest share of the examples, rounded up."""

    def weights(n: int) -> np.ndarray:
        k = max(1, int(np.ceil(coverage * n - 1e-9)))
        return (np.arange(1, n + 1) == k) / k

    return weights


def from_draws(value: float, draws: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """Return contributions (D,) to a measure of which there are only its value and values of redrawn examples (D,).

    Their mean is the value and varies as the draws do. To be compared, measures have to share the draws of examples.
    """
    return value + np.sqrt(len(draws)) * (draws - draws.mean())


def worst_class(wrong: Bool[np.ndarray, " n"], labels: Int[np.ndarray, " n"]) -> Float[np.ndarray, " d"]:
    """Return contributions to the largest error of any class, by draws of examples that all records share."""
    classes, member = np.unique(labels, return_inverse=True)
    rng, n, k = stream(SUITE_SEED, "worst class"), len(labels), len(classes)
    places = [np.arange(n), *(rng.integers(n, size=n) for _ in range(DRAWS))]
    worst = np.array([_worst(wrong[each], member[each], k) for each in places])
    return from_draws(float(worst[0]), worst[1:])


def _worst(wrong: np.ndarray, member: np.ndarray, classes: int) -> float:
    counts = np.bincount(member, minlength=classes)
    errors = np.bincount(member, weights=wrong, minlength=classes)
    return float((errors / np.maximum(counts, 1)).max())
