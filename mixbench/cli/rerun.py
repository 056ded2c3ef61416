"""The part of `mixbench submit --rerun` that trains anew and shows what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mixbench.report.console import console
from mixbench.report.progress import live_progress
from mixbench.results.found import RECORDS, Found, read_records
from mixbench.results.record import Record, load_record
from mixbench.runs.plan import Plan
from mixbench.runs.request import fulfil, unfinished_jobs
from mixbench.runs.rerun import rerun_plan
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.suite import Suite
from mixbench.submission.judge import Reason
from mixbench.submission.reproduction import compare
from mixbench.submission.reproduction_table import rerun_lines, rerun_table
from mixbench.submission.submit import Judge


def rerun_all(
    records: Sequence[Path],
    board: Path,
    judge: Judge,
    suites: Mapping[str, Suite],
    trust_source: bool,
    runs: Path | None,
) -> list[Reason]:
    """Train and measure records anew, show what came out otherwise and return what speaks against them.

    Every record is judged before the first is trained, since that takes long. MixBenchError for a contributed method
    whose source is not trusted.
    """
    reasons = [Reason(str(path), each.reason) for path in records for each in judge(path, ())]
    if reasons:
        return reasons
    founds = [Found(path, load_record(path)) for path in records]
    for found in founds:
        with _plan(found.record, suites, trust_source):
            pass
    return [reason for found in founds for reason in _rerun_one(found, board, suites, trust_source, runs)]


def _rerun_one(
    found: Found, board: Path, suites: Mapping[str, Suite], trust_source: bool, runs: Path | None
) -> list[Reason]:
    with _plan(found.record, suites, trust_source) as plan, _runs_folder(runs) as folder:
        tasks = unfinished_jobs(plan, folder)
        with live_progress(tasks) as listen:
            (path,) = fulfil(plan, folder, listen, tasks)
        compared = compare(found, Found(path, load_record(path)), _others(board, found.record))
    trainings, made = (sum(task.kind == "trainings" for task in each) for each in (plan.jobs, tasks))
    screen = console()
    screen.print(rerun_table(f"rerun of {plain(found.path.name)}", compared))
    lines = rerun_lines(compared)
    if made < trainings:
        lines.append(f"{trainings - made} of {trainings} trainings were in {runs} already and were not made anew.")
    for line in lines:
        screen.print(plain(line), markup=False, soft_wrap=True)
    return [Reason(str(found.path), reason) for reason in compared.reasons]


@contextmanager
def _plan(record: Record, suites: Mapping[str, Suite], trust_source: bool) -> Iterator[Plan]:
    suite = suites.get(record.suite_digest)
    if suite is None:
        raise MixBenchError(f"rerun: no suite here has the digest {record.suite_digest} of {record.suite!r}")
    with rerun_plan(record, suite, trust_source) as plan:
        yield plan


@contextmanager
def _runs_folder(runs: Path | None) -> Iterator[Path]:
    if runs is not None:
        yield runs
        return
    with tempfile.TemporaryDirectory(prefix="mixbench-rerun-") as folder:
        yield Path(folder)


def _others(board: Path, record: Record) -> list[Record]:
    folder = board / record.suite
    return [found.record for found in read_records(folder)] if (folder / RECORDS).is_dir() else []
