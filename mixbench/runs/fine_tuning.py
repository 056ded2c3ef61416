"""Trainings that begin with the weights of others."""

from __future__ import annotations

from collections.abc import Mapping

from mixbench.augment.build import brief
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.partial import Wanted, trainings_of
from mixbench.spec.device import Device
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec

PLAIN = "erm"


def fine_tunings(
    target: Suite, backbone: str, pretrainings: Mapping[Wanted, TrainJob], device: Device
) -> dict[Wanted, TrainJob]:
    """Return, for each training, ERM's under another suite at the same seed that begins with its weights.

    Whatever it was trained with, all at one seed draw the same head, order and transforms.
    """
    plain = trainings_of(target, backbone, [(PLAIN, seed) for _, seed in pretrainings], device)
    return {
        (spec, seed): TrainJob(
            title=f"after {brief(job.training.augmentation)}, seed {seed}",
            training=_after(plain[PLAIN, seed].training, job.training),
        )
        for (spec, seed), job in pretrainings.items()
    }


def _after(plain: TrainingSpec, pretraining: TrainingSpec) -> TrainingSpec:
    return TrainingSpec.model_validate({**plain.model_dump(), "pretraining": pretraining})


def check_alike(suite: Suite, target: Suite) -> None:
    """MixBenchError where models of one suite are none of the other's but for their heads."""
    there, here = (
        (each.data.kind, each.data.channels, each.data.height, each.data.width, each.model.stem)
        for each in (suite, target)
    )
    if there != here:
        raise MixBenchError(
            f"fine-tuning onto {target.name}: needed a suite of {_said(target)} to pretrain on, got {suite.name} of"
            f" {_said(suite)}; use another --on"
        )


def _said(suite: Suite) -> str:
    data = suite.data
    return f"{data.channels}x{data.height}x{data.width} {data.kind} with the stem {suite.model.stem}"
