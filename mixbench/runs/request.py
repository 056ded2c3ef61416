"""A request from plan to records: what `mixbench eval` does between its words and its table."""

from __future__ import annotations

from pathlib import Path

from mixbench.runs.assemble import assemble, finished, record_path
from mixbench.runs.engine import Listen, run
from mixbench.runs.jobs import AnyJob
from mixbench.runs.plan import Plan
from mixbench.spec.errors import MixBenchError


def unfinished_jobs(plan: Plan, runs: Path) -> list[AnyJob]:
    """Return the jobs that a plan's missing records need; none where all records are there."""
    missing = [record for record in plan.records if finished(plan, record, runs) is None]
    return list(plan.jobs) if missing else []


def fulfil(plan: Plan, runs: Path, listen: Listen) -> list[Path]:
    """Run what is missing and return the records' paths.

    Every record that can be made is made; MixBenchError with the first failure where one cannot, RuntimeError with
    the traceback for a bug in a job.
    """
    outcome = run(unfinished_jobs(plan, runs), runs, listen)
    paths = []
    for record in plan.records:
        needed = {record.examination.digest, *(spec.digest for spec in record.trainings.values())}
        if finished(plan, record, runs) is not None:
            paths.append(record_path(plan, record, runs))
        elif not outcome.unmade & needed:
            paths.append(assemble(plan, record, runs))
    if outcome.crashes:
        raise RuntimeError(outcome.crashes[0])
    if outcome.failed:
        reasons = list(outcome.failed.values())
        more = f" (and {len(reasons) - 1} more failed)" if len(reasons) > 1 else ""
        raise MixBenchError(f"{reasons[0]}{more}")
    return paths
