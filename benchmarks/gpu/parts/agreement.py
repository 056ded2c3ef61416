"""CPU against device: one model measured on both, and one spec trained on both.

One model's readings lie within each other's intervals, and nearly all of its examples are answered alike. Two trainings
differ as two seeds do: at most a tenth of their intervals may lie apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gpu.part import Check
from benchmarks.gpu.suites import plan_on, short
from mixbench.battery.battery import examine
from mixbench.battery.subject import Outcomes, Subject
from mixbench.results.arrays import compact
from mixbench.results.measures import read
from mixbench.results.outcomes import with_eps
from mixbench.results.readings import Reading
from mixbench.runs.work import load_data_set
from mixbench.spec.suite import load_suite
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.train import Trained, train

APART = 0.1


def measure(check: Check) -> None:
    """Train cutmix on both, measure each where it was trained, and the CPU's on the device too."""
    suite = short(True) if check.quick else load_suite("digits")
    specs = {place: plan_on(suite, ["cutmix"], place).records[0].trainings["model"] for place in ("cpu", check.device)}
    made = {place: train(spec) for place, spec in specs.items()}

    def on(place: str, trained: Trained) -> Outcomes:
        data, subject = load_data_set(specs[place]).to(place), Subject(trained.model.to(place).eval())
        with fixed_arithmetic(1):
            return compact(examine(subject, data.test, suite.battery, "digits", None, data.train))

    other = on(check.device, made[check.device])
    here, moved = on("cpu", made["cpu"]), on(check.device, made["cpu"])
    curve = suite.battery.eps_curve
    readings = [read(with_eps(outcomes, curve)) for outcomes in (here, moved, other)]
    same = _alike(here, moved)
    check.note("one model, share of examples answered alike", same)
    check.note("one model", _beside(readings[0], readings[1]))
    check.note("two trainings", _beside(readings[0], readings[2]))
    check.require(not (lost := _apart(readings[0], readings[1])), f"one model: {', '.join(lost)} lie apart")
    check.require(min(same.values()) > 0.99, f"one model: examples are answered otherwise: {same}")
    lost = _apart(readings[0], readings[2])
    check.require(len(lost) <= APART * len(readings[0]), f"two trainings: {', '.join(lost)} lie apart")


def _alike(one: Outcomes, two: Outcomes) -> dict[str, float]:
    return {name: float(np.mean(one[name] == two[name])) for name in one if name.endswith(".predicted")}


def _beside(one: dict[str, Reading], two: dict[str, Reading]) -> dict[str, Any]:
    return {name: [[each.low, each.value, each.high] for each in (one[name], two[name])] for name in one}


def _apart(one: dict[str, Reading], two: dict[str, Reading]) -> list[str]:
    return [name for name in one if not _overlap(one[name], two[name])]


def _overlap(one: Reading, two: Reading) -> bool:
    if None in (one.low, one.high, two.low, two.high):
        return True
    return max(one.low, two.low) <= min(one.high, two.high)
