"""What a model errs on when it may decline: risk over coverage, the surest examples first.

Among equally sure examples the order is a draw, over which every number here is the mean.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

Weights = Callable[[int], np.ndarray]
"""From the number of examples N to the weights (N,) with which the numbers of errors among the k surest are summed."""


def aurc(n: int) -> Float[np.ndarray, " n"]:
    """Weight for the mean risk over all coverages. Geifman & El-Yaniv, Bias-Reduced Uncertainty Estimation, 2019."""
    return 1 / (np.arange(1, n + 1) * n)


def augrc(n: int) -> Float[np.ndarray, " n"]:
    """Weight for the mean share of all examples that are errors and answered. Traub et al., NeurIPS 2024."""
    return np.full(n, 1 / n**2)


def error_at(coverage: float) -> Weights:
    """Weight for the error among the surest share of examples, rounded up."""

    def weights(n: int) -> np.ndarray:
        surest = int(np.ceil(round(coverage * n, 9)))
        return np.where(np.arange(1, n + 1) == surest, 1 / surest, 0.0)

    return weights


def contributions(
    confidence: Float[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"], weights: Weights
) -> Float[np.ndarray, " n"]:
    """Return leave-one-example-out pseudo-values, moved by one number so that their mean is the measure's value."""
    n, errors = len(wrong), wrong.astype(np.float64)
    _, block, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    starts = np.cumsum(sizes) - sizes
    sums = np.bincount(block, weights=errors)
    before = np.concatenate([[0.0], np.cumsum(sums)])[:-1]
    answered = np.cumsum(np.repeat(sums / sizes, sizes))
    value = answered @ weights(n)
    if n == 1:
        return np.array([value])
    without = _without(weights(n - 1), answered, errors, *(part[block] for part in (starts, sizes, sums, before)))
    pseudo = n * value - (n - 1) * without
    return pseudo - pseudo.mean() + value


def _without(
    weights: np.ndarray,
    answered: np.ndarray,
    errors: np.ndarray,
    starts: np.ndarray,
    sizes: np.ndarray,
    sums: np.ndarray,
    before: np.ndarray,
) -> np.ndarray:
    """The value without each example: unchanged before its block, its block one shorter, all after it one earlier."""
    places = np.arange(1, len(weights) + 1)
    plain, placed, kept, moved = (
        np.concatenate([[0.0], np.cumsum(values)])
        for values in (weights, places * weights, answered[:-1] * weights, answered[1:] * weights)
    )
    ends = starts + sizes - 1
    rate = (sums - errors) / np.maximum(sizes - 1, 1)
    inside = plain[ends] - plain[starts]
    within = before * inside + rate * (placed[ends] - placed[starts] - starts * inside)
    return kept[starts] + within + moved[-1] - moved[ends] - errors * (plain[-1] - plain[ends])
