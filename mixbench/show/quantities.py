"""What curves a record has: each kind of `mixbench plot`, read from the record or the outcomes beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mixbench.results.attacks import CORE, conditions
from mixbench.results.calibration import BINS, width_bins
from mixbench.results.classes import outcomes_beside
from mixbench.results.curves import Curve
from mixbench.results.found import Found
from mixbench.results.noises import NOISES, SECTIONS
from mixbench.results.readings import Reading
from mixbench.results.record import Record
from mixbench.results.statistics import wilson

FEWEST = 5
"""Examples that a point rests on at least."""


class Axes(NamedTuple):
    """What a panel shows.

    `guide` is a line to hold the others against, its value at the left and the right end, and `dotted` what it says.
    Seeds are `pooled` where each
    adds examples to a point, else averaged.
    """

    title: str
    x: str
    y: str
    percent: bool = True
    guide: tuple[float, float] | None = None
    dotted: str = ""
    steps: bool = False
    pooled: bool = False


@dataclass(frozen=True)
class Line:
    """Points of one row, (N,) each, with the band around them and the examples behind them where they have such."""

    label: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    n: np.ndarray | None = None


Curves = dict[Axes, Line]
"""What one record has, a line a panel."""


def _shares(x: Sequence[float], shares: Sequence[float], n: int | None) -> Line:
    """A line of shares of n examples each, with Wilson's interval where n is known."""
    at, values = np.array(x, dtype=float), np.array(shares, dtype=float)
    return with_band(Line("", at, values, n=np.full(len(at), n))) if n else Line("", at, values)


def with_band(line: Line) -> Line:
    """Put Wilson's 95 % interval around shares of `line.n` examples each; what rests on too few is left out."""
    assert line.n is not None
    there = line.n >= FEWEST
    y, n = line.y[there], line.n[there]
    ends = [wilson(round(share * k), k) for share, k in zip(y.tolist(), n.tolist(), strict=True)]
    low, high = np.array(ends).reshape(-1, 2).T
    return Line(line.label, line.x[there], y, low, high, n)


def _examples(record: Record) -> int | None:
    reading = record.readings.get("clean.top1_error")
    return reading.n if reading else None


def _eps(found: Found) -> Curves:
    record = found.record
    return {
        Axes(attack.section(box), "ε", "top-1 error"): _shares(curve["eps"], curve["top1_error"], _examples(record))
        for name, (attack, box) in conditions(CORE).items()
        if (curve := record.curves.get(name))
    }


def _noise(found: Found) -> Curves:
    record = found.record
    levels = {name: float(noise["level"]) for name, noise in record.label_noise.items() if "level" in noise}
    if not levels:
        return {}
    ceilings = [noise["ceiling"] for noise in record.label_noise.values() if "level" in noise]
    x = "labels redrawn"
    tests = {0.0: record.readings.get("clean.top1_error")}
    tests |= {level: record.readings.get(f"{name}.test_error_last") for name, level in levels.items()}
    kept = {level: record.readings.get(f"{name}.train_error_corrupted") for name, level in levels.items()}
    none = (ceilings[0], ceilings[0])
    memory = Axes("Error on corrupted training labels", x, "top-1 error", guide=none, dotted="none memorised")
    return {Axes("Test error", x, "top-1 error"): _readings(tests), memory: _readings(kept)}


def _readings(by_level: dict[float, Reading | None]) -> Line:
    there = sorted((level, each) for level, each in by_level.items() if each is not None)
    x = np.array([level for level, _ in there])
    value, low, high = (
        np.array([getattr(each, end) if getattr(each, end) is not None else each.value for _, each in there])
        for end in ("value", "low", "high")
    )
    return Line("", x, value, low, high)


def _reliability(found: Found) -> Curves:
    outcomes = outcomes_beside(found.record, found.path)
    if "clean.confidence" not in outcomes or "clean.rank" not in outcomes:
        return {}
    confidence, correct = outcomes["clean.confidence"].astype(float), outcomes["clean.rank"] == 1
    bins = width_bins(confidence)
    counts = np.bincount(bins, minlength=BINS)
    right = np.bincount(bins, correct, minlength=BINS)
    centres = (np.arange(BINS) + 0.5) / BINS
    accuracy = np.divide(right, counts, where=counts > 0, out=np.zeros(BINS))
    axes = Axes("Reliability", "confidence", "accuracy", guide=(0.0, 1.0), dotted="calibrated", pooled=True)
    return {
        axes: Line("", centres, accuracy, n=counts),
        Axes("Confidence", "confidence", "share of test images", steps=True): _shares(
            centres.tolist(), (counts / len(bins)).tolist(), None
        ),
    }


def _between(found: Found) -> Curves:
    record, pairs = found.record, found.record.settings.get("pairs")
    n = pairs if isinstance(pairs, int) else None
    shown_as = {
        "miss_mixup": Axes("Mixup blends", "λ", "misses"),
        "miss_cutmix": Axes("CutMix pastes", "λ", "misses"),
        "gradient_norm": Axes("Gradient on mixup blends", "λ", "norm", percent=False),
    }
    return {
        axes: _at_lambda(curve, n if axes.percent else None)
        for name, axes in shown_as.items()
        if (curve := record.curves.get(f"between.{name}"))
    }


def _at_lambda(curve: Curve, n: int | None) -> Line:
    """A line whose x grows: boxes of different λ have the same share of a small image, and become one point."""
    x, place = np.unique(np.round(curve["lambda"], 9), return_inverse=True)
    count = np.bincount(place)
    mean = np.bincount(place, curve["mean"]) / count
    return with_band(Line("", x, mean, n=n * count)) if n else Line("", x, mean)


def _epochs(found: Found) -> Curves:
    record = found.record
    titles = {"model": "True labels", **{name: SECTIONS[name] for name in NOISES}}
    return {
        Axes(title, "epoch", "test error"): _shares(curve["epoch"], curve["top1_error"], _examples(record))
        for name, title in titles.items()
        if (curve := record.curves.get(f"{name}.test_error"))
    }


class What(NamedTuple):
    """A kind of curves: what it needs in a record, and how it is read; nothing where the record lacks it."""

    needs: str
    read: Callable[[Found], Curves]


WHAT = {
    "eps": What("errors over ε", _eps),
    "noise": What("trainings on noisy labels", _noise),
    "reliability": What("confidences on test images", _reliability),
    "between": What("behaviour in between training images", _between),
    "epochs": What("test errors by epoch", _epochs),
}
