"""How long a list of jobs still takes: by what was timed before, corrected by how this run goes."""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from mixbench.runs.engine import workers_for
from mixbench.runs.jobs.job import SHORT_SECONDS, Job
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.passes import training_passes_of
from mixbench.runs.rates import Rate, guessed_seconds, rate_of
from mixbench.runs.store import MANIFEST, Store
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite

GUESSED = "a guess by passes"
"""Who says a job's seconds where nothing like it was ever timed."""


class Timed(NamedTuple):
    """What was timed: seconds by (kind, family) and, under that, augmentation, and the rates of trainings."""

    seconds: Mapping[tuple[str, str], Mapping[str, list[float]]]
    rates: list[Rate]


def expected_seconds(jobs: Iterable[Job], suite: Suite, backbone: str, store: Store) -> dict[str, float]:
    """Return the seconds that each job, by its digest, is expected to take; what nothing is known of is left out.

    The median of what was timed in this store: the same augmentation's trainings, else others of the same suite by
    their passes; else what the suite's file expects; else a guess by passes.
    """
    timed = timed_seconds(store)
    found = {job.digest: job_seconds(job, suite, backbone, timed)[0] if job.computes else SHORT_SECONDS for job in jobs}
    return {digest: seconds for digest, seconds in found.items() if seconds is not None}


def job_seconds(job: Job, suite: Suite, backbone: str, timed: Timed) -> tuple[float | None, str]:
    """Return the seconds that a job is expected to take, None where nothing is known, and who says so."""
    spec, expected = job.specs[0], suite.expected
    if family := timed.seconds.get((job.kind, spec.family)):
        return _measured(job, suite, family), "measured here"
    if expected is not None and backbone == suite.backbone:
        return job.usual_seconds(suite, expected), "the suite's file"
    guess = guessed_seconds(job, suite, backbone, timed.rates)
    return guess, "" if guess is None else GUESSED


def _measured(job: Job, suite: Suite, family: Mapping[str, list[float]]) -> float:
    """By the same augmentation's seconds, else by the passes of others'; what does not train takes as long for all."""
    if same := family.get(job.specs[0].augmentation):
        return statistics.median(same)
    if not isinstance(job, TrainJob):
        return statistics.median(each for seconds in family.values() for each in seconds)
    weights = {name: _weight(suite, name) for name in family}
    pace = statistics.median(each / weights[name] for name, seconds in family.items() for each in seconds)
    return pace * job.passes(suite).weight


def _weight(suite: Suite, augmentation: str) -> int:
    try:
        return training_passes_of(suite, augmentation).weight
    except MixBenchError:
        # An earlier version's, of a method or parameter that is gone.
        return training_passes_of(suite, "erm").weight


def timed_seconds(store: Store) -> Timed:
    """Return the seconds in the manifests, which need no check against the files beside them."""
    found: defaultdict[tuple[str, str], defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    rates: list[Rate] = []
    for path in store.root.glob(f"*/*/{MANIFEST}"):
        try:
            about = json.loads(path.read_bytes())
            kind, family, seconds = path.parent.parent.name, str(about["family"]), float(about["seconds"])
            augmentation = str(about["spec"]["augmentation"]) if kind == TrainJob.kind else ""
            rates += [rate_of(about["spec"], seconds)] if augmentation == "erm" else []
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
            continue
        found[kind, family][augmentation].append(seconds)
    return Timed({key: dict(family) for key, family in found.items()}, rates)


class _Run(NamedTuple):
    """A running job: when it was begun, at which share of it, and which share is done."""

    begun: float
    before: float
    share: float


class TimeLeft:
    """Wall time until the last of a list of jobs is done; hears of each as the engine tells of it."""

    def __init__(
        self,
        jobs: Sequence[Job],
        expected: dict[str, float] | None = None,
        workers: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the jobs, what is known of their seconds, how many run side by side, and a clock."""
        known = expected or {}
        self.timed = all(job.digest in known for job in jobs)
        self.sizes = {job.digest: known[job.digest] if self.timed else float(job.length) for job in jobs}
        self.needs = {job.digest: frozenset(job.needs) for job in jobs}
        self.workers = min(workers or workers_for(jobs), max(len(jobs), 1))
        self.clock = clock
        self.running: dict[str, _Run] = {}
        self.ended: set[str] = set()
        self.done_size = self.done_seconds = 0.0

    def started(self, job: Job) -> None:
        """Hear that a job was begun, or begun again."""
        self.goes_on(job, 0.0)
        # A cluster's engine begins as many as there is room for, which nobody knows before.
        self.workers = max(self.workers, len(self.running))

    def goes_on(self, job: Job, share: float) -> None:
        """Hear that a job goes on from a share that was done before."""
        self.running[job.digest] = _Run(self.clock(), share, share)

    def reached(self, job: Job, share: float) -> None:
        """Hear which share of a job is done."""
        if job.digest in self.running:
            self.running[job.digest] = self.running[job.digest]._replace(share=share)

    def over(self, job: Job, done: bool) -> None:
        """Hear that a job came to its end; with one that failed, those that need it are at their end too."""
        begun, before, _ = self.running.pop(job.digest, _Run(self.clock(), 0.0, 0.0))
        self.ended.add(job.digest)
        # While the guard runs, the workers start, and a record needs no training: neither says how those go.
        if done and job.computes:
            self.done_size += (1 - before) * self.sizes[job.digest]
            self.done_seconds += self.clock() - begun
        if not done:
            self._lose(job)

    def _lose(self, job: Job) -> None:
        lost = set(self.needs) if job.guard else {job.digest}
        while more := {digest for digest, needs in self.needs.items() if needs & lost} - lost:
            lost |= more
        self.ended |= lost

    def seconds(self) -> float | None:
        """Return the seconds left, or None as long as nothing is known."""
        size, spent = self.done_size, self.done_seconds
        left = sum(size for digest, size in self.sizes.items() if digest not in self.ended)
        for digest, (begun, before, share) in self.running.items():
            left -= share * self.sizes[digest]
            if share > before:
                size, spent = size + (share - before) * self.sizes[digest], spent + self.clock() - begun
        if not size:
            return left / self.workers if self.timed else None
        return left * spent / size / self.workers
