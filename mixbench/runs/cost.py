"""What a plan costs: image passes by count, seconds by what was measured before."""

from __future__ import annotations

from dataclasses import dataclass

from mixbench.augment.build import forward_passes
from mixbench.runs.jobs import CheckJob, ExamineJob, TrainJob, TransferJob
from mixbench.runs.plan import Plan
from mixbench.runs.store import Store
from mixbench.runs.timeleft import Timed, job_seconds, timed_seconds
from mixbench.spec.suite import Suite


@dataclass(frozen=True)
class Cost:
    """One job of a plan; seconds are None where nothing like it was ever timed, `source` says who timed it."""

    title: str
    kind: str
    digest: str
    cached: bool
    image_passes: int
    seconds: float | None
    source: str


def costs(plan: Plan, store: Store) -> list[Cost]:
    """Return the cost of every job of a plan but the check."""
    timed = timed_seconds(store)
    return [_cost(plan, job, store, timed) for job in plan.jobs if not isinstance(job, CheckJob)]


def _cost(plan: Plan, job: TrainJob | TransferJob | ExamineJob, store: Store, timed: Timed) -> Cost:
    seconds, source = job_seconds(job, plan.suite, plan.backbone, timed)
    cached = store.find(job.kind, job.digest) is not None
    return Cost(job.title, job.kind, job.digest, cached, image_passes(plan.suite, job), seconds, source)


def image_passes(suite: Suite, job: TrainJob | TransferJob | ExamineJob) -> int:
    """Count the images that go through the model, forward, in a job; a method of one's own counts one pass a step."""
    train, test = suite.data.train_images, suite.data.test_images
    if isinstance(job, TrainJob):
        # After every epoch the test images; both splits once more after the last.
        return suite.training.epochs * (forward_passes(job.spec.augmentation) * train + test) + train + test
    if isinstance(job, ExamineJob):
        # A further point of the curves is 1 + 1 passes of FGSM and 10 + 1 of I-FGSM.
        curve = 13 * sum(eps not in (0.0, suite.battery.eps) for eps in suite.battery.eps_curve)
        return test * (19 + curve) + 22 * suite.battery.pairs
    return 11 * test
