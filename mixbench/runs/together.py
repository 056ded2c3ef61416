"""The engine under torchrun: the first process does the jobs one after another, and at each training all join in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from mixbench.runs.jobs.job import Job
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.schedule import Listen, Outcome, Schedule, missing
from mixbench.runs.store import Store
from mixbench.runs.worker import CRASHED, ENDED, Message, end_of
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError, TrainingDiverged
from mixbench.spec.stopping import Stopped
from mixbench.spec.torchrun import rank


def run(jobs: Sequence[Job], runs: Path, listen: Listen, workers: int | None = None) -> Outcome:  # noqa: ARG001
    """Do the missing jobs as any engine does, or follow the process that does them; all must call it.

    There are no workers beside torchrun's processes.
    """
    from mixbench.runs.work import follow
    from mixbench.training.several import join

    device = next((spec.device for job in jobs for spec in job.specs), None) or resolve("auto")
    several, store = join(device), Store(runs.absolute())
    if rank():
        follow(several, store)
        return Outcome()
    schedule = Schedule(missing(jobs, store))
    while job := schedule.next():
        listen(job, Message("started", job.digest))
        listen(job, schedule.end(job, _done(job, store, listen)))
    several.tell("")
    return schedule.outcome


def _done(job: Job, store: Store, listen: Listen) -> Message:
    alone: list[MixBenchError] = []

    def do() -> None:
        try:
            job.do(store, lambda content: listen(job, Message("progress", job.digest, content)))
        except TrainingDiverged:
            raise
        except MixBenchError as error:
            alone.append(error)
            raise

    # What a user's method prints must not get between the records on stdout.
    with redirect_stdout(sys.stderr):
        message = end_of(job, do)
    if alone and job.kind == TrainJob.kind:
        raise MixBenchError(f"{alone[0]}; all processes end, what is finished is kept")
    if message.what == ENDED:
        raise Stopped
    if message.what == CRASHED:
        # The others may wait for this process in mid-step: only the end of all of them ends that.
        sys.stderr.write(f"{message.content}\n")
        raise MixBenchError(f"{job.title}: a bug in MixBench, please report it; all processes end")
    return message
