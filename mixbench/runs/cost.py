"""What a plan costs: image passes by count, seconds by what was measured before."""

from __future__ import annotations

from dataclasses import dataclass

from mixbench.runs.job import Job
from mixbench.runs.plan import Plan
from mixbench.runs.store import Store
from mixbench.runs.timeleft import Timed, job_seconds, timed_seconds


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
    """Return the cost of every job of a plan but the guard."""
    timed = timed_seconds(store)
    return [_cost(plan, job, store, timed) for job in plan.jobs if not job.guard]


def _cost(plan: Plan, job: Job, store: Store, timed: Timed) -> Cost:
    seconds, source = job_seconds(job, plan.suite, plan.backbone, timed)
    return Cost(job.title, job.kind, job.digest, job.is_done(store), job.image_passes(plan.suite), seconds, source)
