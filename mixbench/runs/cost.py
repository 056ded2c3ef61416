"""What a plan costs: passes, arithmetic and storage by count, seconds by what was measured before or by a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixbench.runs.cards import Card, Pace, pace_on
from mixbench.runs.jobs.job import Job
from mixbench.runs.plan import Plan
from mixbench.runs.schedule import makespan
from mixbench.runs.sizes import Size, size_of
from mixbench.runs.store import Store
from mixbench.runs.timeleft import Timed, job_seconds, timed_seconds

ESTIMATED = "an estimate by the card's data sheet"


@dataclass(frozen=True)
class Cost:
    """One job of a plan; seconds are None where nothing like it was ever timed, `source` says who timed it.

    `flops` count a multiplication and an addition as two; `stored` are about the bytes that it leaves in the store.
    """

    title: str
    kind: str
    digest: str
    cached: bool
    image_passes: int
    flops: int
    stored: int
    seconds: float | None
    source: str


def costs(plan: Plan, store: Store, card: Card | None = None) -> list[Cost]:
    """Return the cost of every job of a plan but the guard, its seconds as on a card where one is given.

    MixBenchError for a backbone that does not fit the suite.
    """
    timed, size = timed_seconds(store), size_of(plan.suite, plan.backbone)
    pace = pace_on(card, plan.suite, plan.backbone) if card else None
    return [_cost(plan, job, store, timed, size, pace) for job in plan.jobs if not job.guard]


def _cost(plan: Plan, job: Job, store: Store, timed: Timed, size: Size, pace: Pace | None) -> Cost:
    passes = job.passes(plan.suite)
    seconds, source = job_seconds(job, plan.suite, plan.backbone, timed)
    if pace:
        seconds, source = pace.seconds(passes), ESTIMATED
    done, stored = job.is_done(store), job.stored_bytes(plan.suite, size)
    flops = size.flops(passes)
    return Cost(job.title, job.kind, job.digest, done, passes.images, flops, stored, seconds, source)


def left(found: Sequence[Cost]) -> list[Cost]:
    """Return the costs of what is still to be made."""
    return [cost for cost in found if not cost.cached]


def seconds_left(jobs: Sequence[Job], found: Sequence[Cost], workers: int) -> float | None:
    """Return the seconds that the rest of the jobs takes on workers side by side, None where some are not known."""
    rest = left(found)
    known = {cost.digest: cost.seconds for cost in rest if cost.seconds is not None}
    return makespan([job for job in jobs if job.digest in known], known, workers) if len(known) == len(rest) else None
