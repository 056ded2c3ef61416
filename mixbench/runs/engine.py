"""The engine: runs a plan's jobs on local worker processes, side by side, each with its own few threads."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from mixbench.runs.jobs import AnyJob, CheckJob, spec_of
from mixbench.runs.store import Store
from mixbench.runs.worker import Message, serve

Listen = Callable[[AnyJob, Message], None]


@dataclass
class Outcome:
    """What became of a plan's jobs: a line for each that failed and all not made, by digest; tracebacks of bugs."""

    failed: dict[str, str] = field(default_factory=dict)
    unmade: set[str] = field(default_factory=set)
    crashes: list[str] = field(default_factory=list)


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: AnyJob | None = None


def missing(jobs: Sequence[AnyJob], store: Store) -> list[AnyJob]:
    """Return the jobs whose artefact is not in the store, and with them the check if any trains or examines."""
    absent = [job for job in jobs if not isinstance(job, CheckJob) and store.find(job.kind, job.digest) is None]
    return [job for job in jobs if job in absent or (absent and isinstance(job, CheckJob))]


def workers_for(jobs: Sequence[AnyJob]) -> int:
    """Return how many workers run side by side: one on a GPU, else as many as the cores have room for."""
    specs = [spec_of(job) for job in jobs if not isinstance(job, CheckJob)]
    if any(spec.device == "cuda" for spec in specs):
        return 1
    threads = max((spec.resolved()[2].threads for spec in specs), default=1)
    room = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(room // threads, len(specs)))


def run(jobs: Sequence[AnyJob], runs: Path, listen: Listen, workers: int | None = None) -> Outcome:
    """Do the missing jobs, in order and as their needs allow; one that fails does not stop the others.

    A failed check stops everything, before any training.
    """
    todo = missing(jobs, Store(runs))
    return _Run(todo, runs, listen, workers or workers_for(todo)).go() if todo else Outcome()


class _Run:
    def __init__(self, todo: list[AnyJob], runs: Path, listen: Listen, workers: int) -> None:
        self.waiting = list(todo)
        self.open = {job.digest for job in todo}
        self.runs, self.listen = runs, listen
        self.outcome = Outcome()
        self.context = _context()
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
        return self.outcome

    def _hand_out(self) -> None:
        for worker in self.pool:
            job = None if worker.job else next((job for job in self.waiting if self._ready(job)), None)
            if job:
                self.waiting.remove(job)
                self._give(worker, job)
                self.listen(job, Message("started", job.digest))

    def _give(self, worker: _Worker, job: AnyJob) -> None:
        try:
            worker.pipe.send(job)
        except (BrokenPipeError, ConnectionResetError):
            # An idle worker was killed; a new one takes its place.
            worker.process.join()
            fresh = self._start()
            worker.process, worker.pipe = fresh.process, fresh.pipe
            worker.pipe.send(job)
        worker.job = job

    def _ready(self, job: AnyJob) -> bool:
        checking = any(isinstance(other, CheckJob) for other in self._unfinished() if other is not job)
        return not checking and not self.open.intersection(job.needs)

    def _unfinished(self) -> list[AnyJob]:
        return [*self.waiting, *(worker.job for worker in self.pool if worker.job)]

    def _hear(self, worker: _Worker) -> None:
        assert worker.job is not None
        job = worker.job
        try:
            message: Message = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            message = self._replace(worker, job)
        if message.what == "crashed":
            self.outcome.crashes.append(f"{job.title}: a bug in MixBench, please report it\n{message.content}")
            message = Message("failed", job.digest, f"{job.title}: a bug in MixBench")
        if message.what in ("done", "failed"):
            worker.job = None
            self._settle(job, message)
        self.listen(job, message)

    def _settle(self, job: AnyJob, message: Message) -> None:
        if message.what == "done":
            self.open.discard(job.digest)
            return
        self.outcome.failed[job.digest] = str(message.content)
        self.outcome.unmade.add(job.digest)
        for other in list(self.waiting):
            if isinstance(job, CheckJob) or self.outcome.unmade.intersection(other.needs):
                self.outcome.unmade.add(other.digest)
                self.waiting.remove(other)

    def _replace(self, worker: _Worker, job: AnyJob) -> Message:
        worker.process.join()
        self.pool[self.pool.index(worker)] = self._start()
        code = worker.process.exitcode
        why = f"its process was killed (exit code {code}); is there enough memory? Run the same command to go on"
        worker.job = None
        return Message("failed", job.digest, f"{job.title}: {why}")

    def _start(self) -> _Worker:
        here, there = self.context.Pipe()
        process = self.context.Process(target=serve, args=(there, self.runs), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

    def _stop(self) -> None:
        for worker in self.pool:
            worker.pipe.close()
            if worker.job:
                worker.process.kill()
        for worker in self.pool:
            worker.process.join()


def _context() -> Any:
    """Workers fork from a server that has loaded torch once, where the system has that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mixbench.runs.work"])
    return context
