"""Generated points in the plane: a disc and its surroundings, with label noise of four sorts, and two rings.

Drawn from named streams, so that every copy of a set is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Int

from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.loaders.rows import as_split
from mixbench.spec.sections.data import Data
from mixbench.spec.seeding import SUITE_SEED, stream

TRAIN, TEST = 500, 2000
RADIUS = np.sqrt(2 / np.pi)
"""Of the disc that covers half of the square [−1, 1]²."""

FLIPPED, NEAR = 0.2, 0.4
"""The share of training labels that are wrong; the share of points that are nearest to, or farthest from, the border
between the classes."""

INNER, OUTER = (0.0, 0.5), (0.75, 1.0)
"""The radii of the two rings; the inner one is a disc."""

Points = Float[np.ndarray, "n 2"]
Labels = Int[np.ndarray, " n"]


def disc(candidates: Callable[[Points], Bool[np.ndarray, " n"]] | None, _data: Data) -> Loaded:
    """Return points uniform in a square, labelled by whether they lie in the disc; test labels are always right.

    FLIPPED of the training labels are wrong, drawn among the `candidates`; none where there are none. After Amid et
    al., Robust Bi-Tempered Logistic Loss, 2019, Figure 2, whose numbers the paper does not give.
    """
    rng = stream(SUITE_SEED, "toy", "disc")
    points = rng.uniform(-1, 1, (TRAIN + TEST, 2))
    labels = (np.hypot(*points.T) < RADIUS).astype(np.int64)
    if candidates is not None:
        flipped = rng.permutation(np.flatnonzero(candidates(points[:TRAIN])))[: round(FLIPPED * TRAIN)]
        labels[flipped] = 1 - labels[flipped]
    return _loaded(points, labels)


def near(points: Points) -> Bool[np.ndarray, " n"]:
    """Whether each point is one of the NEAR nearest to the border."""
    distance = _distance(points)
    return distance <= np.quantile(distance, NEAR)


def far(points: Points) -> Bool[np.ndarray, " n"]:
    """Whether each point is one of the NEAR farthest from the border."""
    distance = _distance(points)
    return distance >= np.quantile(distance, 1 - NEAR)


def anywhere(points: Points) -> Bool[np.ndarray, " n"]:
    """Every point."""
    return np.ones(len(points), dtype=bool)


def rings(_data: Data) -> Loaded:
    """Return points of two concentric classes, half of either, uniform in angle and radius.

    After Zhang et al., mixup, 2018, Figure 1b, whose numbers the paper does not give.
    """
    rng = stream(SUITE_SEED, "toy", "rings")
    labels = rng.permutation(np.arange(TRAIN + TEST) % 2)
    low, high = np.array([INNER, OUTER])[labels].T
    radius, angle = rng.uniform(low, high), rng.uniform(0, 2 * np.pi, TRAIN + TEST)
    return _loaded(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), labels)


def _distance(points: Points) -> Float[np.ndarray, " n"]:
    return np.abs(np.hypot(*points.T) - RADIUS)


def _loaded(points: Points, labels: Labels) -> Loaded:
    return Loaded(as_split(points[:TRAIN], labels[:TRAIN]), as_split(points[TRAIN:], labels[TRAIN:]))


_READ: dict[str, Callable[[Data], Loaded]] = {
    "toy": partial(disc, None),
    "toy-small-margin": partial(disc, near),
    "toy-large-margin": partial(disc, far),
    "toy-random": partial(disc, anywhere),
    "toy-rings": rings,
}
LOADERS = tuple(
    Loader(name, read, of_shape(channels=2, height=1, width=1), kind="tabular") for name, read in _READ.items()
)
