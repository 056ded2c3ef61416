"""What a kind of experiment has the engine carry out."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mixbench.papers.bench import Bench
from mixbench.papers.experiment import Experiment
from mixbench.runs.plan import Plan
from mixbench.runs.schedule import missing
from mixbench.runs.uses import note_use
from mixbench.spec.errors import MixBenchError


class Ran(NamedTuple):
    """What became of a plan: why nothing could be made, what went wrong with some jobs, and the digests of those not
    made."""

    refused: str
    faults: tuple[str, ...]
    unmade: Collection[str]


def carry_out_all(plan: Plan, experiment: Experiment, bench: Bench) -> None:
    """Do all of a plan's jobs that are missing; MixBenchError where one cannot be done, otherwise as carry_out."""
    ran = carry_out(plan, experiment, bench)
    if failed := ran.refused or next(iter(ran.faults), ""):
        raise MixBenchError(failed)


def carry_out(plan: Plan, experiment: Experiment, bench: Bench) -> Ran:
    """Do a plan's jobs that are missing, and note that the experiment uses all; RuntimeError for a bug in one."""
    venue = bench.venue
    note_use(venue.folder, f"reproduce {experiment.key} on {plan.suite.name}, {plan.backbone}", plan.jobs)
    todo = missing(plan.jobs, venue.store)
    with bench.listening(plan, todo) as listen:
        outcome = venue.run(todo, venue.folder, listen, bench.workers)
    if outcome.crashes:
        raise RuntimeError(outcome.crashes[0])
    guards = [job.digest for job in plan.jobs if job.guard]
    refused = next((outcome.failed[digest] for digest in guards if digest in outcome.failed), "")
    return Ran(refused, () if refused else tuple(dict.fromkeys(outcome.failed.values())), outcome.unmade)
