"""The table of measures: unit, direction, range, meaning and how each follows from the outcomes.

A new measure is its function and its row; the terminal table, `mixbench list measures`, records, boards and the gate
read them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mixbench.results import readings as r
from mixbench.results.readings import Reading

Outcomes = Mapping[str, np.ndarray]
SHARE = (0.0, 1.0)
ATTACKED = {
    "fgsm.white": "FGSM examples from the model itself",
    "ifgsm.white": "I-FGSM examples from the model itself (10 steps)",
    "fgsm.black": "FGSM examples from the suite's ERM surrogate",
    "ifgsm.black": "I-FGSM examples from the suite's ERM surrogate (10 steps)",
}
WHITE_BOX = tuple(condition for condition in ATTACKED if condition.endswith(".white"))
"""The attacks on the model itself, which have curves over ε."""

FIRST_VERSION = "0.1.0"
NOISE_LEVELS = (0.2, 0.5, 0.8)
NOISE_GIVEN = "noise_given"
"""The prefix of measures of a training on a suite's file of given labels."""


class Direction(StrEnum):
    """Which way a measure is better."""

    LOWER = "lower is better"
    ZERO = "best at 0"
    CEILING = "best at (K-1)/K, where nothing is memorised; never ranked or gated alone"
    FLAG = "a flag, not a merit"


class Over(StrEnum):
    """What a measure's n counts."""

    TEST = "test images"
    TRAIN = "some of the training images"
    PAIRS = "pairs of training images"


@dataclass(frozen=True)
class Measure:
    """One row: `compute` returns the reading, or None where the outcomes lack what it needs.

    Its n counts what the measure is `over`. `since` is the MixBench version that first had it: records of older ones
    are whole without it.
    """

    name: str
    unit: str
    direction: Direction
    range: tuple[float, float | None]
    meaning: str
    compute: Callable[[Outcomes], Reading | None]
    over: Over = Over.TEST
    since: str = FIRST_VERSION


def noise_name(level: float) -> str:
    """Return the prefix of a label-noise level's measures, such as noise20."""
    return f"noise{round(level * 100)}"


def _top(condition: str, meaning: str) -> list[Measure]:
    return [
        Measure(
            f"{condition}.top{k}_error", "fraction", Direction.LOWER, SHARE,
            f"share of {meaning} whose true label is not among the {k} likeliest" if k > 1
            else f"share of {meaning} predicted wrongly", r.top_error(condition, k),
        )
        for k in (1, 5)
    ]  # fmt: skip


NOISES = {
    **{noise_name(level): f"trained with {level:.0%} of the labels redrawn" for level in NOISE_LEVELS},
    NOISE_GIVEN: "trained on the suite's file of given labels",
}
"""The trainings on corrupted labels, by their prefix."""


def _noise(name: str, share: str) -> list[Measure]:
    rows = [
        ("test_error_best", Direction.LOWER, "lowest test error of any epoch (an oracle)", r.best_error, Over.TEST),
        ("test_error_last", Direction.LOWER, "test error after the last epoch", r.last_error, Over.TEST),
        (
            "train_error_real",
            Direction.LOWER,
            "error on the training images whose label was kept",
            r.real_error,
            Over.TRAIN,
        ),
        (
            "train_error_corrupted",
            Direction.CEILING,
            "error on the corrupted labels: low is memorised",
            r.corrupted_error,
            Over.TRAIN,
        ),
    ]
    return [
        Measure(f"{name}.{measure}", "fraction", direction, SHARE, f"{meaning}, {share}", compute(name), over)
        for measure, direction, meaning, compute, over in rows
    ]


MEASURES: tuple[Measure, ...] = (
    *_top("clean", "test images"),
    *(row for condition, meaning in ATTACKED.items() for row in _top(condition, meaning)),
    *(row for name, share in NOISES.items() for row in _noise(name, share)),
    Measure("calibration.ece", "fraction", Direction.LOWER, SHARE,
            "expected calibration error, top label, 15 equal-width bins", r.ece_width),
    Measure("calibration.ece_mass", "fraction", Direction.LOWER, SHARE,
            "expected calibration error, top label, 15 equal-mass bins", r.ece_equal_mass),
    Measure("calibration.nll", "nats", Direction.LOWER, (0.0, None),
            "mean negative log-likelihood of the true label", r.nll),
    Measure("calibration.brier", "score", Direction.LOWER, (0.0, 2.0),
            "mean squared distance between probabilities and truth, summed over classes", r.brier),
    Measure("calibration.gap", "fraction", Direction.ZERO, (-1.0, 1.0),
            "mean confidence minus accuracy: above 0 over-confident, below 0 under-confident", r.gap),
    Measure("calibration.ece_scaled", "fraction", Direction.LOWER, SHARE,
            "ECE after temperature scaling, fitted on one half of the test split for the other", r.ece_scaled),
    Measure("between.miss_mixup", "fraction", Direction.LOWER, SHARE,
            "predictions that are neither parent's class, on mixup blends of training images", r.miss_mixup,
            Over.PAIRS),
    Measure("between.miss_cutmix", "fraction", Direction.LOWER, SHARE,
            "predictions that are neither parent's class, on CutMix pastes of training images", r.miss_cutmix,
            Over.PAIRS),
    Measure("between.gradient_norm", "1/pixel", Direction.LOWER, (0.0, None),
            "L2 norm of the loss's gradient to the pixels, on mixup blends of training images", r.gradient_norm,
            Over.PAIRS),
    Measure("diagnostics.zero_gradient", "fraction", Direction.FLAG, SHARE,
            "share of test images whose plain cross-entropy gradient is exactly zero", r.share("zero_gradient")),
    Measure("diagnostics.saturated", "fraction", Direction.FLAG, SHARE,
            "share of test images whose float32 probability of the true class is exactly 1", r.share("saturated")),
    Measure("diagnostics.fgsm_plain", "fraction", Direction.FLAG, SHARE,
            "FGSM white-box error by plain float32 cross-entropy, as papers report it", r.top_error("fgsm.plain", 1)),
)  # fmt: skip

BY_NAME = {measure.name: measure for measure in MEASURES}


def read(outcomes: Outcomes) -> dict[str, Reading]:
    """Return every reading that the outcomes allow, in the table's order."""
    computed = ((measure.name, measure.compute(outcomes)) for measure in MEASURES)
    return {name: reading for name, reading in computed if reading is not None}
