"""The table of outcome arrays: what each record keeps beside it, of which type, shape and range, and since when.

A new array is its row; compacting, the checks of submissions, the gate and the examinations' digests read it from here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np

from mixbench.results.array import Array, Limits, Per
from mixbench.results.attacks import ATTACKS, CORE, FIRST, Attack
from mixbench.results.noises import NOISES
from mixbench.results.shifts import SINCE, condition
from mixbench.spec.kinds import MIXERS
from mixbench.spec.shifts import SHIFTS

LABEL, TRUE, FLOAT, BIT, WHOLE = "uint16", "float64", "float32", "bool", "int64"
LOWEST_LOG = -1e9
"""Lower than any log-probability that a link of ours gives."""

MOST_LOSS = 1e6


def _between(low: float, high: float) -> Limits:
    return lambda classes: (low, high)


def _labels(classes: int) -> tuple[float, float]:
    return 0.0, float(classes - 1)


def _ranks(classes: int) -> tuple[float, float]:
    return 1.0, float(classes)


_SHARE, _LENGTH = _between(0.0, 1.0), _between(0.0, math.inf)
_TEST, _TRAIN, _EPOCH = (Per.TEST,), (Per.TRAIN,), (Per.EPOCH,)
_GRID = (Per.PAIR, Per.LAMBDA)


def _condition(condition: str, number: str, what: str, group: str = CORE, since: int = FIRST) -> list[Array]:
    rows: list[tuple[str, str, Limits, str]] = [
        ("predicted", LABEL, _labels, "the likeliest class"),
        ("rank", LABEL, _ranks, "place of the true label by logit, from 1"),
        ("confidence", number, _SHARE, "largest probability"),
        ("log_probability", number, _between(LOWEST_LOG, 0.0), "log-probability of the true label"),
        ("squared_sum", number, _SHARE, "sum of the squared probabilities"),
    ]
    return [
        Array(f"{condition}.{name}", kind, _TEST, limits, f"{meaning}, on {what}", group, since)
        for name, kind, limits, meaning in rows
    ]


def _attack(attack: Attack) -> list[Array]:
    rows = [
        row
        for box in attack.boxes
        for row in _condition(f"{attack.name}.{box}", FLOAT, attack.meaning(box), attack.group, attack.since)
    ]
    if attack.group != CORE:
        return rows
    meaning = f"predicted wrongly after {attack.title} of that ε"
    curve = Array(f"curve.{attack.name}.white.wrong", BIT, (Per.EPS, Per.TEST), _SHARE, meaning, since=attack.since)
    return [*rows, curve]


def _shift(name: str, words: str) -> list[Array]:
    what = f"test images by {words}"
    rows = [
        *_condition(condition(name), FLOAT, what, since=SINCE),
        Array(f"{condition(name)}.apart", BIT, _TEST, _SHARE, f"whether it is counted apart, of {what}", since=SINCE,
              shared=True),
    ]  # fmt: skip
    return [replace(row, shift=name) for row in rows]


TRAINING = (
    Array("given", LABEL, _TRAIN, _labels, "the label it was trained on", shared=True),
    Array("corrupted", BIT, _TRAIN, _SHARE, "whether that label was redrawn", shared=True),
    Array("train_predicted", LABEL, _TRAIN, _labels, "the likeliest class after the last epoch"),
    Array("test_predicted", LABEL, _TEST, _labels, "the likeliest class after the last epoch"),
    Array("train_loss", TRUE, _EPOCH, _between(-MOST_LOSS, MOST_LOSS), "mean training loss"),
    Array("test_error", TRUE, _EPOCH, _SHARE, "share of test images predicted wrongly"),
)
"""What every training keeps, in a record under the training's role."""

ROLES = ("model", *NOISES)

ARRAYS: tuple[Array, ...] = (
    Array("labels", LABEL, _TEST, _labels, "the true label", shared=True),
    Array("classes", WHOLE, (), lambda classes: (float(classes), float(classes)), "the number of classes", shared=True),
    *_condition("clean", TRUE, "test images"),
    Array("scaled.half", BIT, _TEST, _SHARE, "whether it is in the second half", shared=True),
    Array("scaled.confidence", TRUE, _TEST, _SHARE, "largest probability at the temperature of the other half"),
    *(row for attack in ATTACKS for row in _attack(attack)),
    *_condition("fgsm.plain", FLOAT, "FGSM examples by plain float32 cross-entropy"),
    Array("saturated", BIT, _TEST, _SHARE, "whether the true class's float32 probability is exactly 1"),
    Array("zero_gradient", BIT, _TEST, _SHARE, "whether the plain gradient is exactly zero"),
    Array("stuck", BIT, _TEST, _SHARE, "whether the margin's gradient is exactly zero"),
    Array("between.pairs", WHOLE, (Per.PAIR, Per.SIDE), _LENGTH, "places in the training split", shared=True),
    Array("between.lambda", TRUE, (Per.LAMBDA,), _SHARE, "the first image's share", shared=True),
    Array("between.miss_mixup", BIT, _GRID, _SHARE, "whether neither parent's class is predicted on the blend"),
    Array(
        "between.miss_cutmix",
        BIT,
        _GRID,
        _SHARE,
        "whether neither parent's class is predicted on the paste",
        mixer="cutmix",
    ),
    Array("between.gradient_norm", FLOAT, _GRID, _LENGTH, "L2 norm of the loss's gradient to the blend's pixels"),
    Array(
        "between.cutmix_lambda",
        TRUE,
        _GRID,
        _SHARE,
        "the first image's real share of the paste",
        shared=True,
        mixer="cutmix",
    ),
    *(row for name, words in SHIFTS.items() for row in _shift(name, words)),
    *(replace(row, name=f"{role}.{row.name}", role=role) for role in ROLES for row in TRAINING),
)

BY_NAME = {array.name: array for array in (*ARRAYS, *TRAINING)}


def expected(
    roles: Collection[str],
    groups: Collection[str],
    version: int,
    shifts: Collection[str] = (),
    mixers: Collection[str] = MIXERS,
) -> tuple[Array, ...]:
    """Return the arrays of a record with these trainings, optional groups, shifts and mixers at a version of its
    outcomes."""
    return tuple(
        array
        for array in ARRAYS
        if array.since <= version and array.group in (CORE, *groups)
        and array.role in ("", *roles) and array.shift in ("", *shifts) and array.mixer in ("", *mixers)
    )  # fmt: skip


def newest(group: str, shifts: Collection[str] = ()) -> int:
    """Return the version that last added an array to a group's examination on a suite with these shifts."""
    return max(
        array.since for array in ARRAYS if array.group == group and not array.role and array.shift in ("", *shifts)
    )


def array_bytes(arrays: Iterable[Array], sizes: Mapping[Per, int]) -> int:
    """Return the bytes of arrays, before they are packed, where these are the lengths of the axes."""
    return sum(math.prod(each.shape(sizes)) * np.dtype(each.kind).itemsize for each in arrays)


def check_axes(outcomes: Mapping[str, np.ndarray]) -> None:
    """Refuse, with a ValueError, arrays of other axes, which could be stretched over one another, and empty ones."""
    for array in ARRAYS:
        found = outcomes.get(array.name)
        if found is not None and (found.ndim != len(array.per) or 0 in found.shape):
            raise ValueError(array.name)


def normal(values: np.ndarray) -> np.ndarray:
    """Return values with 0 for −0 and for numbers too small to be written whole."""
    if values.dtype.kind != "f":
        return values
    return np.where(np.abs(values) < np.finfo(values.dtype).tiny, values.dtype.type(0), values)


def compact(outcomes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays in the types they are kept in, which readings are computed from; KeyError without a row."""
    return {name: values.astype(BY_NAME[name].kind, copy=False) for name, values in outcomes.items()}
