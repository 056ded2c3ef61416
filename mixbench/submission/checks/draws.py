"""What a suite draws for everybody, once more without torch: noise, halves, pairs, boxes.

Written from PROTOCOL's definitions; tests hold them to what the battery and the trainings drew.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float, Int

from mixbench.spec.seeding import SUITE_SEED, stream

LAMBDAS = np.arange(11) / 10
MOST_ALIKE = 0.999


def corrupted(
    count: int, classes: int, level: float, name: str
) -> tuple[Bool[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Return the mask of the redrawn training labels and the draws, (N,) each; `name` is the data set's."""
    rng = stream(SUITE_SEED, "label noise", name, float(level))
    mask = rng.random(count) < level
    return mask, rng.integers(classes, size=count, dtype=np.int64)


def halves(count: int, name: str) -> Bool[np.ndarray, " n"]:
    """Return who is in the second half of the test split, (N,)."""
    second = np.zeros(count, dtype=bool)
    second[stream(SUITE_SEED, "halves", name).permutation(count)[: count // 2]] = True
    return second


def pairs(labels: Int[np.ndarray, " n"], count: int, name: str) -> Int[np.ndarray, "p 2"]:
    """Return the pairs in between, of training images of different classes; none where nearly all are of one class."""
    rng, found = stream(SUITE_SEED, "pairs", name), np.empty((0, 2), dtype=np.int64)
    shares = np.bincount(labels) / len(labels)
    # Forged labels could make the draw go on for ever.
    while len(found) < count and (shares**2).sum() < MOST_ALIKE:
        drawn = rng.integers(len(labels), size=(2 * count, 2))
        found = np.concatenate([found, drawn[labels[drawn[:, 0]] != labels[drawn[:, 1]]]])
    return found[:count]


def cutmix_shares(height: int, width: int) -> Float[np.ndarray, " l"]:
    """Return the share of the first image that CutMix's box leaves, for each λ."""
    boxes = [[round(side * math.sqrt(1 - lam)) for side in (height, width)] for lam in LAMBDAS]
    return np.array([1 - rows * columns / (height * width) for rows, columns in boxes])
