"""The last job of a record: to assemble it once everything that it is made of lies in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from mixbench.augment.build import brief
from mixbench.results.attacks import OPTIONAL
from mixbench.runs.assemble import assemble, finished, record_path
from mixbench.runs.jobs.job import Job, Report
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.plan import Plan, RecordPlan, group_job
from mixbench.runs.store import Store, place_of
from mixbench.spec.digest import digest


@dataclass(frozen=True)
class RecordJob(Job):
    """Assemble one record from the store's artefacts; `plan` has that record alone and no jobs."""

    plan: Plan
    title: str
    kind: ClassVar[str] = "records"

    @classmethod
    def of(cls, plan: Plan, record: RecordPlan) -> RecordJob:
        """Make the job of one of a plan's records."""
        seed = "" if record.seed is None else f", seed {record.seed}"
        title = f"record of {record.name or brief(record.augmentation)}{seed}"
        return cls(replace(plan, jobs=(), records=(record,)), title)

    @property
    def record(self) -> RecordPlan:
        """What the record is assembled from."""
        return self.plan.records[0]

    @property
    def digest(self) -> str:
        """The digest over what the record is made of and called."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return digest([self.kind, record_path(self.plan, self.record, Path()).name, sorted(self.needs)])

    @property
    def needs(self) -> tuple[str, ...]:
        """The digests of the examination, the groups and the trainings."""
        jobs = (self.record.examination, *self.record.groups)
        return (*(job.digest for job in jobs), *(spec.digest for spec in self.record.trainings.values()))

    @property
    def makes(self) -> tuple[str, ...]:
        """The outcomes and then the record, which tells that both are there."""
        path = self.path(Path())
        return (str(path.with_suffix(".npz")), str(path))

    @property
    def reads(self) -> tuple[str, ...]:
        """The folders of what it needs, and of the groups that it may have from before."""
        examination = self.record.examination
        groups = [group_job(examination, name) for name in OPTIONAL]
        trainings = [place_of(TrainJob.kind, spec.digest) for spec in self.record.trainings.values()]
        return (*examination.makes, *(place for group in groups for place in group.makes), *trainings)

    def is_done(self, store: Store) -> bool:
        """Say whether the record is there, whole and with its outcomes."""
        return finished(self.plan, self.record, store.runs) is not None

    def path(self, runs: Path) -> Path:
        """Return where the record lies or would lie."""
        return record_path(self.plan, self.record, runs)

    def do(self, store: Store, report: Report = lambda progress: None) -> None:
        """Write the record unless it is there; MixBenchError where it cannot be assembled or written."""
        with store.lock(self.kind, self.digest):
            if not self.is_done(store):
                _clear(self.path(store.runs))
                assemble(self.plan, self.record, store.runs)


def with_records(jobs: Iterable[Job], records: Iterable[RecordJob]) -> list[Job]:
    """Return the jobs in their order, each record right after the last job that it needs."""
    ordered: list[Job] = []
    waiting = list(records)
    wants = [set(record.needs) for record in waiting]
    wanted: dict[str, list[int]] = defaultdict(list)
    for place, needs in enumerate(wants):
        for need in needs:
            wanted[need].append(place)
    placed: set[int] = set()
    for job in jobs:
        ordered.append(job)
        for place in wanted.pop(job.digest, ()):
            wants[place].discard(job.digest)
            if not wants[place]:
                ordered.append(waiting[place])
                placed.add(place)
    return [*ordered, *(record for place, record in enumerate(waiting) if place not in placed)]


def _clear(path: Path) -> None:
    """Remove what a killed write of this record left behind; nobody else writes it under its lock."""
    for end in (".json", ".npz"):
        for partial in path.parent.glob(f".{path.with_suffix(end).name}.*.partial"):
            partial.unlink(missing_ok=True)
