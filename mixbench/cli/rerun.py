"""The part of `mixbench submit --rerun` that trains anew, shows what came of it and puts that on the board."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mixbench.report.console import console
from mixbench.report.progress import live_progress
from mixbench.results.found import Found
from mixbench.results.record import Record, load_record
from mixbench.runs.job import Job
from mixbench.runs.plan import Plan
from mixbench.runs.request import fulfil, unfinished_jobs
from mixbench.runs.rerun import rerun_plan
from mixbench.spec.digest import canonical_json
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.suite import Suite
from mixbench.submission.judge import Reason
from mixbench.submission.reproduction import Comparison, compare, means_over_seeds
from mixbench.submission.shown import means_table, rerun_lines, rerun_table
from mixbench.submission.submit import Judge, Submitted, settle, verify


def rerun_all(
    records: Sequence[Path],
    board: Path,
    judge: Judge,
    suites: Mapping[str, Suite],
    trust_source: bool,
    runs: Path | None,
) -> Submitted:
    """Train and measure records anew, show what came out otherwise and put the new records on the board.

    Every record is judged before the first is trained, since that takes long. MixBenchError for a contributed method
    whose source is not trusted.
    """
    settled = [path for path in records if _is_settled(path, board)]
    todo = [path for path in records if path not in settled]
    reasons = [Reason(str(path), each.reason) for path in todo for each in judge(path, ())]
    if reasons or not todo:
        return Submitted(present=settled, reasons=reasons)
    founds = [Found(path, load_record(path)) for path in todo]
    for found in founds:
        with _plan(found.record, suites, trust_source):
            pass
    with _runs_folder(runs) as folder:
        made = [_rerun_one(found, suites, trust_source, folder) for found in founds]
        _show_rows(founds, [compared for compared, _ in made])
        reasons = [
            Reason(str(found.path), each) for found, (compared, _) in zip(founds, made, strict=True)
            for each in compared.reasons
        ]  # fmt: skip
        return Submitted(reasons=reasons) if reasons else verify([path for _, path in made], board, judge)


def _is_settled(path: Path, board: Path) -> bool:
    try:
        return settle(path, board)
    except MixBenchError:
        # What is no record is refused with all that speaks against it.
        return False


def _rerun_one(found: Found, suites: Mapping[str, Suite], trust_source: bool, folder: Path) -> tuple[Comparison, Path]:
    with _plan(found.record, suites, trust_source) as plan:
        tasks = unfinished_jobs(plan, folder)
        with live_progress(tasks) as listen:
            (path,) = fulfil(plan, folder, listen, tasks)
    compared = compare(found, Found(path, load_record(path)))
    _show(f"rerun of {found.path.name}", compared, _made(plan, tasks, folder))
    return compared, path


def _made(plan: Plan, tasks: Sequence[Job], folder: Path) -> str:
    """Say what was made now and what lay there, which is as good: it was made here too."""
    every, now = (sum(task.kind == "trainings" for task in each) for each in (plan.jobs, tasks))
    said = f"{now} of {every} trainings were made now"
    return f"{said}." if now == every else f"{said}; the others lay in {folder}, made by an earlier run."


def _show(title: str, compared: Comparison, made: str) -> None:
    screen = console()
    screen.print(rerun_table(plain(title), compared))
    for line in (made, *rerun_lines(compared)):
        screen.print(plain(line, most=2000), markup=False, soft_wrap=True)


def _show_rows(founds: Sequence[Found], comparisons: Sequence[Comparison]) -> None:
    """Show the means of each row of which several seeds were run again."""
    rows: dict[str, list[Comparison]] = defaultdict(list)
    for found, compared in zip(founds, comparisons, strict=True):
        record = found.record
        rows[canonical_json([record.suite_digest, record.backbone, record.augmentation])].append(compared)
    for row in rows.values():
        if means := means_over_seeds(row):
            console().print(means_table(means, len(row)))


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
