"""The engine: runs a plan's jobs on local worker processes, side by side, each with its own few threads."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from mixbench.runs.jobs.job import Job
from mixbench.runs.schedule import Listen, Outcome, Schedule, missing
from mixbench.runs.server import LIGHT, TORCH, serving
from mixbench.runs.store import Store
from mixbench.runs.worker import ENDED, Message, serve
from mixbench.spec.errors import MixBenchError
from mixbench.spec.processes import without_main

GRACE = 20.0
"""Seconds in which a step must end and its training be kept, once a run is told to stop."""


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None


def workers_for(jobs: Sequence[Job]) -> int:
    """Return how many workers run side by side: one on a GPU, else as many as the cores have room for."""
    specs = [spec for job in jobs if job.computes for spec in job.specs]
    if any(spec.device == "cuda" or spec.processes > 1 for spec in specs):
        return 1
    threads = max((spec.resolved()[2].threads for spec in specs), default=1)
    room = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(room // threads, sum(not job.guard for job in jobs)))


def run(jobs: Sequence[Job], runs: Path, listen: Listen, workers: int | None = None) -> Outcome:
    """Do the missing jobs, in order and as their needs allow; one that fails does not stop the others.

    A failed guard stops everything, before any training. MixBenchError under torchrun, whose processes are no workers.
    """
    if any(spec.processes > 1 for job in jobs for spec in job.specs):
        raise MixBenchError("torchrun: needed 'mixbench eval' or 'mixbench sweep', got another command; run it without")
    todo = missing(jobs, Store(runs))
    return _Run(todo, runs, listen, min(workers or workers_for(todo), len(todo))).go() if todo else Outcome()


class _Run:
    def __init__(self, todo: list[Job], runs: Path, listen: Listen, workers: int) -> None:
        self.schedule = Schedule(todo)
        self.runs, self.listen = runs.absolute(), listen
        self.context = serving(TORCH if any(job.computes for job in todo) else LIGHT)
        self.workers = workers
        self.pool = [self._start() for _ in range(workers)]

    def go(self) -> Outcome:
        try:
            self._hand_out()
            while busy := [worker for worker in self.pool if worker.job]:
                for pipe in wait([worker.pipe for worker in busy]):
                    self._hear(next(worker for worker in busy if worker.pipe is pipe))
                self._hand_out()
        finally:
            self._stop()
        return self.schedule.outcome

    def _hand_out(self) -> None:
        for worker in self.pool:
            job = None if worker.job else self.schedule.next()
            if job:
                self._give(worker, job)
                self.listen(job, Message("started", job.digest))

    def _give(self, worker: _Worker, job: Job) -> None:
        try:
            worker.pipe.send(job)
        except (BrokenPipeError, ConnectionResetError):
            # An idle worker was killed; a new one takes its place.
            self._renew(worker)
            worker.pipe.send(job)
        worker.job = job

    def _renew(self, worker: _Worker) -> None:
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
        fresh = self._start()
        worker.process, worker.pipe = fresh.process, fresh.pipe

    def _hear(self, worker: _Worker) -> None:
        assert worker.job is not None
        job = worker.job
        try:
            message: Message = worker.pipe.recv()
        except (EOFError, OSError):
            message = self._died(worker, job)
        if message.what != "progress":
            worker.job = None
            # What a user's method changed in its process must not reach other jobs' numbers.
            if not worker.process.is_alive() or job.runs_own_code or message.what == ENDED:
                self._renew(worker)
            message = self.schedule.end(job, message)
        self.listen(job, message)

    def _died(self, worker: _Worker, job: Job) -> Message:
        worker.process.join()
        code = worker.process.exitcode
        why = f"its process was killed (exit code {code}); is there enough memory? Run the same command to go on"
        return Message("failed", job.digest, f"{job.title}: {why}")

    def _start(self) -> _Worker:
        here, there = self.context.Pipe()
        # A daemon may have no processes of its own, such as those that decode; serve ends with this one all the same.
        process = self.context.Process(target=serve, args=(there, self.runs, self.workers), daemon=False)
        with without_main():
            process.start()
        there.close()
        return _Worker(process, here)

    def _stop(self) -> None:
        """End the workers: a training is given the time to keep its state, unless it is told a second time."""
        try:
            _end_softly([worker.process for worker in self.pool if worker.job])
        finally:
            for worker in self.pool:
                worker.pipe.close()
                if worker.job:
                    worker.process.kill()
            for worker in self.pool:
                worker.process.join()


def _end_softly(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    last = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.0, last - time.monotonic()))
