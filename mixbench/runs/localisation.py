"""Plans of trainings and of what localises by their models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mixbench.runs.jobs.localise import LocaliseJob
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.partial import Wanted, guarded, trainings_of
from mixbench.runs.plan import Plan
from mixbench.spec.device import Device
from mixbench.spec.suite import Suite


def localise_jobs(
    suite: Suite, backbone: str, wanted: Sequence[Wanted], device: Device
) -> dict[Wanted, tuple[TrainJob, LocaliseJob]]:
    """Return the clean training of each spec and seed, as its record has it, and what localises by its model."""
    trainings = trainings_of(suite, backbone, wanted, device)
    return {
        each: (job, LocaliseJob(title=f"activation maps: {job.title}", model=job.training))
        for each, job in trainings.items()
    }


def plan_localisation(suite: Suite, backbone: str, jobs: Mapping[Wanted, tuple[TrainJob, LocaliseJob]]) -> Plan:
    """Plan the trainings and what localises by them."""
    trainings, finding = zip(*jobs.values(), strict=True)
    return guarded(suite, backbone, [*trainings, *finding])
