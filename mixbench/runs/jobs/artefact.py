"""A job that makes one artefact of the store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import IO, Any

from mixbench.runs.jobs.job import Job, Report
from mixbench.runs.provenance import cpu_model, made_with
from mixbench.runs.store import Store, place_of, storage_errors
from mixbench.spec.strict import Strict
from mixbench.spec.training import TrainingSpec

Files = tuple[Mapping[str, bytes | IO[bytes]], dict[str, Any]]
"""What a job puts into the store: files by name, and what its manifest says about them."""

EARLIER = "earlier_seconds"
"""What a job says of the time that it took before it went on."""


class ArtefactJob(Strict, Job):
    """A job that makes one artefact of the store, on one model of a suite unless it says otherwise."""

    title: str

    @property
    def spec(self) -> TrainingSpec:
        """The spec of the model that the job makes or examines."""
        return self.specs[0]

    @property
    def family(self) -> str:
        """What the artefact is timed with."""
        return self.spec.family

    @property
    def makes(self) -> tuple[str, ...]:
        """The artefact's folder."""
        return (place_of(self.kind, self.digest),)

    def is_done(self, store: Store) -> bool:
        """Say whether the artefact is there and whole."""
        return store.find(self.kind, self.digest) is not None

    def do(self, store: Store, report: Report = lambda progress: None) -> None:
        """Make the artefact unless it is there; whoever else wants it at the same time waits and finds it."""
        with store.lock(self.kind, self.digest):
            if self.is_done(store):
                return
            started = time.perf_counter()
            files, about = self.make(store, report)
            seconds = time.perf_counter() - started + about.pop(EARLIER, 0.0)
            self.keep(store, files, {"cpu_model": cpu_model(), **about}, seconds)

    def keep(self, store: Store, files: Mapping[str, bytes | IO[bytes]], about: dict[str, Any], seconds: float) -> None:
        """Put the artefact into the store; whoever calls holds its lock."""
        about = {**about, "title": self.title, "family": self.family, "needs": list(self.needs)}
        with storage_errors(store.runs):
            store.put(self.kind, self.digest, files, seconds=seconds, made_with=made_with(), **about)

    def make(self, store: Store, report: Report) -> Files:
        """Return the artefact's files and what its manifest says; MixBenchError where it cannot be made."""
        raise NotImplementedError
