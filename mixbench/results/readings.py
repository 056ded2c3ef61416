"""From per-example outcomes to readings: value, number of examples, 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import Field

from mixbench.results.array import Outcomes
from mixbench.results.statistics import DRAWS, Z95, bootstrap, wilson
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.spec.strict import Strict

MOST = 1e40
"""More than any float32 model can read, and little enough that squares over seeds stay finite."""

Number = Annotated[float, Field(ge=-MOST, le=MOST)]


class Reading(Strict):
    """One measured value; n examples (pairs in between); low and high are null where no interval is defined."""

    value: Number
    n: int
    low: Number | None
    high: Number | None


Compute = Callable[[Outcomes], Reading | None]


def average(values: np.ndarray, purpose: str) -> Reading:
    """Read the mean of what each example contributes (N,): bits with Wilson's interval, numbers with a bootstrap's."""
    return proportion(values) if values.dtype == np.bool_ else mean(values, purpose)


def proportion(hits: np.ndarray) -> Reading:
    """Read a share of independent examples (N,) bool, with Wilson's interval."""
    count, n = int(hits.sum()), len(hits)
    low, high = wilson(count, n)
    return Reading(value=count / n, n=n, low=low, high=high)


def mean(values: np.ndarray, purpose: str) -> Reading:
    """Read the mean of one number an example (N,), with a bootstrap interval over examples."""
    values = values.astype(np.float64)
    low, high = bootstrap(lambda places: values[places].mean(axis=1), len(values), purpose)
    return Reading(value=float(values.mean()), n=len(values), low=low, high=high)


def influenced(values: np.ndarray, _purpose: str) -> Reading:
    """Read a measure that is no mean from its influences (N,), whose mean it is, with the normal interval."""
    value, half = float(values.mean()), Z95 * float(values.std()) / math.sqrt(len(values))
    return Reading(value=value, n=len(values), low=value - half, high=value + half)


def best_error(noise: str) -> Compute:
    """Lowest test error of any epoch; no interval, since it was selected on the test split."""

    def compute(outcomes: Outcomes) -> Reading:
        n = len(outcomes[f"{noise}.test_predicted"])
        return Reading(value=float(outcomes[f"{noise}.test_error"].min()), n=n, low=None, high=None)

    return compute


def worst_class(condition: str) -> Compute:
    """The largest error of any class; resampled jointly, so that each draw has its own worst class."""

    def compute(outcomes: Outcomes) -> Reading:
        labels, wrong = outcomes["labels"].astype(np.int64), outcomes[f"{condition}.rank"] > 1
        n, classes = len(labels), int(labels.max()) + 1
        cells = np.bincount(labels + classes * wrong, minlength=2 * classes)
        draws = stream(SUITE_SEED, "bootstrap", f"worst_class {condition}").multinomial(n, cells / n, size=DRAWS)
        low, high = np.percentile(_worst(draws), [2.5, 97.5])
        return Reading(value=float(_worst(cells[None])[0]), n=n, low=float(low), high=float(high))

    return compute


def _worst(cells: np.ndarray) -> np.ndarray:
    """From counts (D, 2K) of right and wrong examples by class to the largest error of any class (D,)."""
    right, wrong = np.split(cells, 2, axis=1)
    return (wrong / np.maximum(right + wrong, 1)).max(axis=1)


def resampled(purpose: str, confidence: str, formula: Callable[..., np.ndarray]) -> Compute:
    """A calibration error of a confidence; `formula` takes confidence, correct and resamples' places (D, N)."""

    def compute(outcomes: Outcomes) -> Reading:
        sure, correct = outcomes[confidence], outcomes["clean.rank"] == 1
        value = formula(sure, correct, np.arange(len(sure))[None])[0]
        low, high = bootstrap(lambda places: formula(sure, correct, places), len(sure), purpose)
        return Reading(value=float(value), n=len(sure), low=low, high=high)

    return compute
