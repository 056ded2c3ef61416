"""Seconds a forward pass takes on a backbone, from trainings that were timed: a guess where nothing alike was."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from mixbench.runs.jobs.job import Job
from mixbench.runs.passes import training_passes, training_passes_of
from mixbench.spec.suite import Suite, known_suites


class Rate(NamedTuple):
    """Seconds a forward pass took on a backbone and kind of device, with images of so many pixels."""

    backbone: str
    device: str
    pixels: int
    seconds: float


def rate_of(spec: Mapping[str, Any], seconds: float) -> Rate:
    """Return the rate of ERM's training by its spec; KeyError or TypeError where that says too little."""
    data, epochs = spec["data"], spec["budget"]["epochs"]
    weight = training_passes("erm", epochs, data["train_images"], data["test_images"]).weight
    return Rate(str(spec["backbone"]), str(spec["device"]), data["height"] * data["width"], seconds / weight)


def guessed_seconds(job: Job, suite: Suite, backbone: str, rates: Iterable[Rate]) -> float | None:
    """Return a job's passes times the seconds of one, None where none of the backbone's was ever timed.

    By the rate at the nearest number of pixels: larger images cost in proportion, smaller ones no less. Rates timed
    here go before those of shipped suites.
    """
    pixels = suite.data.height * suite.data.width
    like = (backbone, job.specs[0].device)
    known = [rate for rate in rates if rate[:2] == like] or [rate for rate in _shipped() if rate[:2] == like]
    if not known:
        return None
    nearest = min(known, key=lambda rate: abs(math.log(pixels / rate.pixels)))
    return job.passes(suite).weight * nearest.seconds * max(1.0, pixels / nearest.pixels)


@cache
def _shipped() -> tuple[Rate, ...]:
    timed = [suite for suite in known_suites().values() if suite.expected]
    return tuple(_expected(suite) for suite in timed)


def _expected(suite: Suite) -> Rate:
    assert suite.expected is not None
    seconds = suite.expected.training_seconds / training_passes_of(suite, "erm").weight
    return Rate(suite.backbone, "cpu", suite.data.height * suite.data.width, seconds)
