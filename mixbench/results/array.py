"""What a row of the table of outcome arrays is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mixbench.results.attacks import CORE, FIRST

Limits = Callable[[int], tuple[float, float]]
"""From the number of classes to the least and the largest value."""

Outcomes = Mapping[str, np.ndarray]
"""Arrays by their names."""


class Per(StrEnum):
    """What an array has one entry for."""

    TEST = "test image"
    TRAIN = "training image"
    PAIR = "pair of training images"
    SIDE = "image of a pair"
    EPOCH = "epoch"
    LAMBDA = "λ"
    EPS = "ε of the curve"


@dataclass(frozen=True)
class Array:
    """One row: `kind` is the type it is kept in, `per` its axes, `limits` its range by the number of classes.

    `role` is the training it comes from, if it comes from one, `shift` the suite's shift, `mixer` the one on whose
    paths it is found, which not every kind of data has. A `shared` array is the suite's own draw, equal for all models,
    on which comparisons rest. Records have it from version `since` of the outcomes on.
    """

    name: str
    kind: str
    per: tuple[Per, ...]
    limits: Limits
    meaning: str
    group: str = CORE
    since: int = FIRST
    role: str = ""
    shift: str = ""
    mixer: str = ""
    shared: bool = False

    def shape(self, sizes: Mapping[Per, int]) -> tuple[int, ...]:
        """Return its shape where these are the lengths of the axes."""
        return tuple(sizes[axis] for axis in self.per)
