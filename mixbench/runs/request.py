"""A request from plan to records: what `mixbench eval` and `mixbench sweep` do between their words and their table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixbench.runs import engine
from mixbench.runs.assemble import record_path
from mixbench.runs.jobs.job import Job
from mixbench.runs.plan import Plan
from mixbench.runs.recording import RecordJob, with_records
from mixbench.runs.schedule import Listen, Outcome, missing
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError

Engine = Callable[[Sequence[Job], Path, Listen, int | None], Outcome]
"""Does missing jobs, with so many workers, telling of each; made ones stay made, whatever becomes of the others."""


@dataclass(frozen=True)
class Result:
    """What came of a request: the paths of the records that are there, in the plan's order, and what failed."""

    paths: list[Path]
    outcome: Outcome

    def whole(self) -> list[Path]:
        """Return the paths of all records; errors as raise_failures where one cannot be made."""
        raise_failures(self.outcome)
        return self.paths


def unfinished_jobs(plan: Plan, store: Store) -> list[Job]:
    """Return the jobs that a plan's missing records still need; none where all records are there.

    Artefacts are checked against their SHA-256, so what is damaged is made again.
    """
    records = [record for record in (RecordJob.of(plan, each) for each in plan.records) if not record.is_done(store)]
    needed = {digest for record in records for digest in (*record.needs, record.record.examination.transfer.digest)}
    jobs = [job for job in plan.jobs if job.digest in needed or job.guard]
    return missing(with_records(jobs, records), store)


def carry_out(
    plan: Plan,
    runs: Path,
    listen: Listen,
    jobs: Sequence[Job] | None = None,
    workers: int | None = None,
    run: Engine = engine.run,
) -> Result:
    """Run what is missing (`jobs`, where it is known already); every record that can be made is made."""
    jobs = unfinished_jobs(plan, Store(runs)) if jobs is None else jobs
    outcome = run(jobs, runs, listen, workers)
    unmade = {job.path(runs) for job in jobs if isinstance(job, RecordJob) and job.digest in outcome.unmade}
    paths = dict.fromkeys(record_path(plan, record, runs) for record in plan.records)
    return Result([path for path in paths if path not in unmade], outcome)


def raise_failures(outcome: Outcome) -> None:
    """Raise MixBenchError with the first failure, RuntimeError with the traceback of a bug, where there is one.

    What several jobs failed of alike, such as a line of a user's own method, counts once.
    """
    if outcome.crashes:
        raise RuntimeError(outcome.crashes[0])
    if outcome.failed:
        reasons = list(dict.fromkeys(outcome.failed.values()))
        more = f" (and {len(reasons) - 1} more failed)" if len(reasons) > 1 else ""
        raise MixBenchError(f"{reasons[0]}{more}")
