"""What a row of the table of measures is, and how reading and comparisons follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mixbench.results.array import Outcomes
from mixbench.results.attacks import CORE, FIRST
from mixbench.results.readings import Compute, Reading, average
from mixbench.results.tolerance import Tolerance

SHARE = (0.0, 1.0)


class Direction(StrEnum):
    """Which way a measure is better."""

    LOWER = "lower is better"
    ZERO = "best at 0"
    CEILING = "best at (K-1)/K, where nothing is memorised; never ranked"
    FLAG = "a flag, not a merit"


class Over(StrEnum):
    """What a measure's n counts."""

    TEST = "test images"
    TRAIN = "some of the training images"
    PAIRS = "pairs of training images"


@dataclass(frozen=True)
class Measure:
    """One row; for people it is `short` under the title `section`.

    `each` is what each example contributes, whose mean is the reading (of a measure best at 0: with its sign; of one
    that is no mean: its influence, which `influenced` reads; of the worst class's error: what resamples make of it, as
    if those were the examples); `own` reads what cannot be had so. The gate minds a measure with a `tolerance`, class
    by class where it is the worst class's error under the condition `by_class`; `headline` ones a board shows first.
    Its n counts what it is `over`. Records have it, if they have its `group` and their suite its `shift`, from version
    `since` of the outcomes on; earlier ones are whole without it.
    """

    name: str
    unit: str
    direction: Direction
    range: tuple[float, float | None]
    section: str
    short: str
    meaning: str
    each: Callable[[Outcomes], np.ndarray | None] | None = None
    own: Compute | None = None
    tolerance: Tolerance | None = None
    by_class: str = ""
    headline: bool = False
    over: Over = Over.TEST
    group: str = CORE
    shift: str = ""
    since: int = FIRST
    reads: Callable[[np.ndarray, str], Reading] = average

    @property
    def at_first(self) -> bool:
        """Whether tables show it before they are asked for more."""
        return self.headline or (bool(self.shift) and self.direction is not Direction.FLAG)

    def compute(self, outcomes: Outcomes) -> Reading | None:
        """Return the reading, None where it is not defined or the outcomes lack what it needs."""
        try:
            if self.own:
                return self.own(outcomes)
            values = self.each(outcomes) if self.each else None
        except KeyError:
            return None
        return None if values is None else self._within(self.reads(values, self.name.rpartition(".")[2]))

    def _within(self, reading: Reading) -> Reading:
        """A mean of influences has an interval that may leave the range."""
        least, most = self.range
        return reading.model_copy(
            update={
                "low": None if reading.low is None else max(reading.low, least),
                "high": reading.high if reading.high is None or most is None else min(reading.high, most),
            }
        )

    def contributions(self, outcomes: Outcomes) -> np.ndarray:
        """Return what each example contributes (N,) to a comparison, in which lower is better.

        KeyError where the measure has no such thing, is not defined, or the outcomes lack what it needs.
        """
        values = self.each(outcomes) if self.each else None
        if values is None:
            raise KeyError(self.name)
        return -values if self.direction is Direction.ZERO and values.sum() < 0 else values
