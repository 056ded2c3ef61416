"""The same spec twice gives the same bits: weights, losses, and all that the battery says of each example."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.gpu.part import Check
from benchmarks.gpu.suites import plan_on, short
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.work import load_data_set
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.train import train

METHODS = ("cutmix", "manifold_mixup", "augmix", "dropout+dropblock", "snapmix", "shakedrop")


def measure(check: Check) -> None:
    """Train each method twice, in both precisions, and examine one model twice."""
    methods = METHODS[:1] if check.quick else METHODS
    for precision in ("float32", "bfloat16"):
        suite = short(check.quick, epochs=2, precision=precision)
        for job in plan_on(suite, list(methods), check.device).jobs:
            if isinstance(job, TrainJob) and not job.spec.noise and job.spec.seed >= 0:
                _twice(check, job, precision)
    _examined(check, plan_on(short(check.quick), ["cutmix"], check.device).records[0].trainings["model"])


def _twice(check: Check, job: TrainJob, precision: str) -> None:
    one, two = (train(job.spec) for _ in range(2))
    weights = [each.model.state_dict() for each in (one, two)]
    differing = [name for name in weights[0] if not torch.equal(weights[0][name], weights[1][name])]
    name = f"{job.spec.augmentation.replace('()', '')}, {precision}"
    check.note(name, {"tensors": len(weights[0]), "differing": len(differing)})
    check.require(not differing and one.train_loss == two.train_loss, f"{name}: {len(differing)} tensors differ")


def _examined(check: Check, spec: TrainingSpec) -> None:
    data, subject = load_data_set(spec).to(spec.device), Subject(train(spec).model.eval())
    settings = short(check.quick).battery
    with fixed_arithmetic(1):
        one, two = (examine(subject, data.test, settings, "digits", None, data.train) for _ in range(2))
    differing = [name for name in one if not np.array_equal(one[name], two[name], equal_nan=True)]
    check.note("battery", {"arrays": len(one), "differing": differing})
    check.require(not differing, f"battery: {', '.join(differing)} differ")
