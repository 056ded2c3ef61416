"""The engine on Ray: a plan's jobs as tasks of a cluster, each on a machine that has room for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mixbench.runs.cluster.connection import Told, connected, nodes
from mixbench.runs.cluster.mirror import Mirror
from mixbench.runs.cluster.node import run_task
from mixbench.runs.cluster.resources import check_fit, needs_of
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.jobs.job import Job
from mixbench.runs.schedule import Listen, Outcome, Schedule, missing
from mixbench.runs.store import Store
from mixbench.runs.worker import FULL, Message
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

TRIES = 3
"""How often a job is begun whose machine or process dies under it."""
MOST_AT_ONCE = 1000
"""How many tasks wait in the cluster's queue at most; an autoscaler sees by them what to start."""
PATIENCE = 60.0
"""Seconds after which, while nothing is heard, the cluster is looked at for jobs that no machine can run any more."""


@dataclass(frozen=True)
class RayEngine:
    """Runs jobs on a cluster whose machines all reach one runs folder."""

    shared: Shared
    store: Store
    """The same folder as the driver sees it."""

    def run(self, jobs: Sequence[Job], runs: Path, listen: Listen, workers: int | None = None) -> Outcome:
        """Do the missing jobs, at most so many at once; one whose machine dies is begun again.

        MixBenchError before anything runs where the cluster has no machine for one of them.
        """
        todo = missing(jobs, self.store)
        if not todo:
            return Outcome()
        with connected() as ray:
            check_fit(todo, nodes(ray))
            outcome = _Run(ray, todo, self, listen, min(workers or MOST_AT_ONCE, len(todo))).go()
        if isinstance(self.store, Mirror):
            self.store.refresh()
        return outcome


@dataclass
class _Flight:
    job: Job
    attempt: int
    lock: FileLock | None
    begun: bool = False
    heard: int = 0


class _Run:
    def __init__(self, ray: Any, todo: list[Job], engine: RayEngine, listen: Listen, most: int) -> None:
        self.ray, self.engine, self.listen, self.most = ray, engine, listen, most
        self.schedule = Schedule(todo)
        self.flights: dict[Any, _Flight] = {}
        self.told = ray.remote(Told).options(num_cpus=0, num_gpus=0, max_restarts=-1).remote()
        self.hearing = self.told.heard.remote()
        self.task = cache(self._task)
        self.lost = False

    def go(self) -> Outcome:
        try:
            self._hand_out()
            while self.flights:
                ready, _ = self.ray.wait([self.hearing, *self.flights], timeout=PATIENCE)
                for ref in ready:
                    self._hear() if ref is self.hearing else self._land(ref)
                if self.lost or not ready:
                    self._give_up_stranded()
                self._hand_out()
        finally:
            self._stop()
        return self.schedule.outcome

    def _task(self, once: bool) -> Any:
        """The remote function; `once` is for what leaves its process altered or holds a GPU's memory."""
        return self.ray.remote(run_task) if not once else self.ray.remote(max_calls=1)(run_task)

    def _hand_out(self) -> None:
        while len(self.flights) < self.most and (job := self.schedule.next()):
            self._submit(job, 1, self._lock(job))

    def _submit(self, job: Job, attempt: int, lock: FileLock | None) -> None:
        needs = needs_of(job)
        task = self.task(job.runs_own_code or needs.gpus > 0).options(**needs.options, max_retries=0, name=job.title)
        ref = task.remote(job, self.engine.shared, attempt, self.told, version("mixbench"), self.most)
        self.flights[ref] = _Flight(job, attempt, lock)

    def _lock(self, job: Job) -> FileLock | None:
        """Hold the artefact's lock for the task's sake, as far as it can be had: who else wants it here waits."""
        if isinstance(self.engine.store, Mirror) or job.guard:
            return None
        try:
            lock = self.engine.store.lock_of(job.kind, job.digest)
            lock.acquire(timeout=0)
        except (Timeout, OSError, NotImplementedError):
            return None
        return lock

    def _hear(self) -> None:
        try:
            heard = self.ray.get(self.hearing)
        except self.ray.exceptions.RayActorError:
            heard = []
        self.hearing = self.told.heard.remote()
        flights = {flight.job.digest: flight for flight in self.flights.values()}
        for attempt, message in heard:
            flight = flights.get(message.digest)
            if flight and flight.attempt == attempt:
                flight.heard += 1
                self._pass_on(flight, message)

    def _pass_on(self, flight: _Flight, message: Message) -> None:
        if not flight.begun:
            flight.begun = True
            if flight.attempt == 1:
                self.listen(flight.job, Message("started", flight.job.digest))
        if message.what != "started":
            self.listen(flight.job, message)

    def _land(self, ref: Any) -> None:
        flight, errors = self.flights.pop(ref), self.ray.exceptions
        try:
            *said, message = self.ray.get(ref)
            for each in said[flight.heard :]:
                self._pass_on(flight, each)
        except errors.RayTaskError as error:
            message = self._failed(
                flight, f"a machine cannot load it ({_last_line(error)}); install there what is here"
            )
        except errors.TaskUnschedulableError as error:
            message = self._failed(flight, _last_line(error))
        except errors.RayError as error:
            if flight.attempt < TRIES:
                return self._again(flight, _cause(error))
            why = f"{_cause(error)}, at each of {TRIES} tries; is there enough memory? Run the same command to go on"
            message = self._failed(flight, why)
        return self._end(flight, message)

    def _failed(self, flight: _Flight, why: str) -> Message:
        return Message("failed", flight.job.digest, f"{flight.job.title}: {why}")

    def _again(self, flight: _Flight, why: str) -> None:
        self._pass_on(flight, Message("again", flight.job.digest, why))
        self._submit(flight.job, flight.attempt + 1, flight.lock)
        self.lost = True

    def _end(self, flight: _Flight, message: Message) -> None:
        if flight.lock:
            flight.lock.release()
        told = self.schedule.end(flight.job, message)
        if message.what == FULL:
            self._take_back()
        self._pass_on(flight, told)

    def _take_back(self) -> None:
        """Give up what was handed out and is not begun, since nothing could be kept of it."""
        for ref, flight in list(self.flights.items()):
            if not flight.begun:
                self.ray.cancel(self._left(ref))
                self.schedule.running.pop(flight.job.digest)
                self.schedule.outcome.unmade.add(flight.job.digest)

    def _left(self, ref: Any) -> Any:
        """Forget a task, whose lock is free from now on, and return its reference."""
        if lock := self.flights.pop(ref).lock:
            lock.release()
        return ref

    def _give_up_stranded(self) -> None:
        """End what waits for a machine that is gone."""
        self.lost, there = False, nodes(self.ray)
        for ref, flight in list(self.flights.items()):
            try:
                check_fit([] if flight.begun else [flight.job], there)
            except MixBenchError as error:
                self.ray.cancel(ref)
                self._end(self.flights.pop(ref), Message("failed", flight.job.digest, str(error)))

    def _stop(self) -> None:
        for ref, flight in self.flights.items():
            self.ray.cancel(ref, force=True)
            if flight.lock:
                flight.lock.release()
        self.ray.kill(self.told)


def _cause(error: Exception) -> str:
    """Say in a few words what a task died of."""
    causes = {
        "OutOfMemoryError": "its machine ran out of memory",
        "NodeDiedError": "its machine died",
        "WorkerCrashedError": "its process was killed",
    }
    found = [causes[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in causes]
    return found[0] if found else f"its machine was lost ({type(error).__name__})"


def _last_line(error: Exception) -> str:
    return plain(str(error).strip().rpartition("\n")[2])
