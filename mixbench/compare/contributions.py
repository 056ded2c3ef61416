"""What each example contributes to a measure, also where the measure is no mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Bool, Float, Int

from mixbench.results.per_example import PER_EXAMPLE
from mixbench.spec.seeding import SUITE_SEED, stream

DRAWS = 500


def contributions(measure: str, outcomes: Mapping[str, np.ndarray]) -> Float[np.ndarray, " n"] | None:
    """Return what each example (N,) contributes to a measure, None where the measure or its outcomes have none.

    The only place that knows where contributions come from.
    """
    if measure not in PER_EXAMPLE:
        return None
    try:
        return np.asarray(PER_EXAMPLE[measure](outcomes), dtype=np.float64)
    except KeyError:
        return None


def signed(gaps: Float[np.ndarray, "s n"]) -> Float[np.ndarray, "s n"]:
    """Turn gaps (S, N) so that their mean over seeds and examples is its own size; for measures best at 0."""
    return gaps * (-1.0 if gaps.mean() < 0 else 1.0)


def pseudo_values(value: float, without: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return N·T - (N - 1)·T₍₋ₑ₎ from a measure T and its values without each example, moved to have T as their mean.

    Tukey, 1958. The move takes off the jackknife's correction of bias, so that ranks follow the values that are shown.
    """
    each = len(without) * value - (len(without) - 1) * np.asarray(without, dtype=np.float64)
    return each - each.mean() + value


def without_each(statistic: Callable[[Int[np.ndarray, " k"]], float], n: int) -> Float[np.ndarray, " n"]:
    """Return a statistic of the places (n - 1,) that are left without each of n examples, one by one: slow."""
    places = np.arange(n)
    return np.array([statistic(np.delete(places, place)) for place in places])


def ece_contributions(gaps: Float[np.ndarray, " n"], bins: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return the pseudo-values of a binned calibration error from gaps (N,) and each one's bin, bins held; O(N)."""
    n = len(gaps)
    sums = np.bincount(bins, weights=gaps)
    total, mine = np.abs(sums).sum(), sums[bins]
    return pseudo_values(total / n, (total - np.abs(mine) + np.abs(mine - gaps)) / (n - 1))


def curve_contributions(
    confidence: Float[np.ndarray, " n"],
    wrong: Bool[np.ndarray, " n"],
    weights: Callable[[int], Float[np.ndarray, " n"]],
) -> Float[np.ndarray, " n"]:
    """Return the pseudo-values of Σₖ wₖ·Eₖ, Eₖ the errors among the k surest examples; O(N log N).

    `weights(n)` gives w₁ … wₙ for n examples, such as `aurc`, `augrc`, `error_at(0.9)`. Ties in their order.
    """
    n, order = len(wrong), np.argsort(-confidence, kind="stable")
    errors = wrong[order].astype(np.float64)
    among = errors.cumsum()
    value, shorter = float(weights(n) @ among), weights(n - 1)
    # Without the example at place p the surer ones keep their place and the others move up by one.
    before = np.concatenate([[0.0], (shorter * among[:-1]).cumsum()])
    after = np.concatenate([(shorter * among[1:])[::-1].cumsum()[::-1], [0.0]])
    later = np.concatenate([shorter[::-1].cumsum()[::-1], [0.0]])
    without = np.empty(n)
    without[order] = before + after - errors * later
    return pseudo_values(value, without)


def aurc(n: int) -> Float[np.ndarray, " n"]:
    """Weights of the area under risk over coverage. Geifman & El-Yaniv, 2017."""
    return 1 / (np.arange(1, n + 1) * n)


def augrc(n: int) -> Float[np.ndarray, " n"]:
    """Weights of the area under generalised risk over coverage. Traub et al., 2024."""
    return np.full(n, 1 / n**2)


def error_at(coverage: float) -> Callable[[int], Float[np.ndarray, " n"]]:
    """Weights of the error among the surest share of the examples, rounded up."""

    def weights(n: int) -> Float[np.ndarray, " n"]:
        k = max(1, int(np.ceil(coverage * n - 1e-9)))
        return (np.arange(1, n + 1) == k) / k

    return weights


def from_draws(values: Float[np.ndarray, " s"], draws: Float[np.ndarray, "s d"]) -> Float[np.ndarray, "s d"]:
    """Return contributions of a measure that has only its values (S,) and joint draws of the examples (S, D).

    They have the values as their means, and their means vary as the draws do. All rows have to share the draws.
    """
    centred = draws - draws.mean(axis=1, keepdims=True)
    return np.asarray(values, dtype=np.float64)[:, None] + np.sqrt(draws.shape[1]) * centred


def worst_class(wrong: Bool[np.ndarray, "s n"], labels: Int[np.ndarray, " n"]) -> Float[np.ndarray, "s d"]:
    """Return contributions to the largest error of any class by a bootstrap of examples, the same for every row."""
    classes, places = np.unique(labels, return_inverse=True)
    rng, n = stream(SUITE_SEED, "worst class"), len(labels)
    counts = np.stack([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(DRAWS)]).astype(np.float64)
    counts = np.concatenate([np.ones((1, n)), counts])
    member = np.eye(len(classes))[places]
    size = counts @ member
    errors = np.stack([(counts * seed) @ member for seed in np.asarray(wrong, dtype=np.float64)])
    with np.errstate(invalid="ignore"):
        worst = np.where(size > 0, errors / size, 0.0).max(axis=2)
    return from_draws(worst[:, 0], worst[:, 1:])
