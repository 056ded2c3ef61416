"""The part of `mixbench submit --rerun` that trains anew, shows what came of it and puts that on the board."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mixbench.report.console import console
from mixbench.report.progress import live_progress
from mixbench.results.found import Found
from mixbench.results.record import Record, load_record
from mixbench.runs import engine
from mixbench.runs.jobs.job import Job
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.plan import Plan
from mixbench.runs.request import carry_out, raise_failures, unfinished_jobs
from mixbench.runs.rerun import rerun_plan
from mixbench.runs.schedule import missing
from mixbench.runs.store import Store
from mixbench.runs.trained import hand_over, own_trainings, take_trainings
from mixbench.spec.digest import canonical_json
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.suite import Suite
from mixbench.submission.judge import Reason
from mixbench.submission.reproduction import Reproduction, means_over_seeds, reproduction_of
from mixbench.submission.shown import means_table, rerun_lines, rerun_table
from mixbench.submission.submit import Judge, Submitted, settle, verify


@dataclass(frozen=True)
class Again:
    """How records are made again: for which board, judged by what, under which suites, and what of a source is run.

    `runs` keeps what is made; `trained` has trainings of contributed methods, whose sources are not run then.
    """

    board: Path
    judge: Judge
    suites: Mapping[str, Suite]
    trust_source: bool = False
    runs: Path | None = None
    trained: Path | None = None

    @contextmanager
    def plan(self, record: Record) -> Iterator[Plan]:
        """Plan a record; MixBenchError where no suite is its, or its source is not trusted."""
        suite = self.suites.get(record.suite_digest)
        if suite is None:
            raise MixBenchError(f"rerun: no suite here has the digest {record.suite_digest} of {record.suite!r}")
        with rerun_plan(record, suite, self.trust_source, self.trained is not None) as plan:
            yield plan

    def reasons(self, records: Sequence[Path]) -> list[Reason]:
        """Return all that speaks against records before any is trained."""
        return [Reason(str(path), each.reason) for path in records for each in self.judge(path, ())]


def train_all(records: Sequence[Path], again: Again, folder: Path) -> Submitted:
    """Make the trainings of records' contributed methods and put them into a folder; errors as rerun_all."""
    if reasons := again.reasons(records):
        return Submitted(reasons=reasons)
    with _runs_folder(again.runs) as runs:
        for path in records:
            with again.plan(load_record(path)) as plan:
                _train(own_trainings(plan), plan, runs, folder)
    return Submitted()


def _train(jobs: Sequence[TrainJob], plan: Plan, runs: Path, folder: Path) -> None:
    if not jobs:
        return
    todo = missing([job for job in plan.jobs if job.guard or job in jobs], Store(runs))
    with live_progress(todo) as listen:
        raise_failures(engine.run(todo, runs, listen, None))
    hand_over(jobs, Store(runs), folder)


def rerun_all(records: Sequence[Path], again: Again) -> Submitted:
    """Train and measure records anew, show what came out otherwise and put the new records on the board.

    Every record is judged before the first is trained, since that takes long. MixBenchError for a contributed method
    whose source is not trusted.
    """
    settled = [path for path in records if _is_settled(path, again.board)]
    todo = [path for path in records if path not in settled]
    reasons = again.reasons(todo)
    if reasons or not todo:
        return Submitted(present=settled, reasons=reasons)
    founds, own = [Found(path, load_record(path)) for path in todo], list[TrainJob]()
    for found in founds:
        with again.plan(found.record) as plan:
            own += own_trainings(plan)
    with _runs_folder(again.runs) as folder:
        if own and again.trained is not None:
            take_trainings(own, again.trained, Store(folder))
        made = [_rerun_one(found, again, folder) for found in founds]
        _show_rows(founds, [compared for compared, _ in made])
        reasons = [
            Reason(str(found.path), each) for found, (compared, _) in zip(founds, made, strict=True)
            for each in compared.reasons
        ]  # fmt: skip
        return Submitted(reasons=reasons) if reasons else _verified(made, again)


def _verified(made: Sequence[tuple[Reproduction, Path]], again: Again) -> Submitted:
    return verify([path for _, path in made], again.board, again.judge)


def _is_settled(path: Path, board: Path) -> bool:
    try:
        return settle(path, board)
    except MixBenchError:
        # What is no record is refused with all that speaks against it.
        return False


def _rerun_one(found: Found, again: Again, folder: Path) -> tuple[Reproduction, Path]:
    with again.plan(found.record) as plan:
        todo = unfinished_jobs(plan, Store(folder))
        with live_progress(todo) as listen:
            (path,) = carry_out(plan, folder, listen, todo).whole()
    compared = reproduction_of(found, Found(path, load_record(path)))
    _show(f"rerun of {found.path.name}", compared, _made(plan, todo, folder))
    return compared, path


def _made(plan: Plan, todo: Sequence[Job], folder: Path) -> str:
    """Say what was made now and what lay there, which is as good: it was made here too."""
    every, now = (sum(job.kind == "trainings" for job in each) for each in (plan.jobs, todo))
    said = f"{now} of {every} trainings were made now"
    return f"{said}." if now == every else f"{said}; the others lay in {folder}, made by an earlier run."


def _show(title: str, compared: Reproduction, made: str) -> None:
    screen = console()
    screen.print(rerun_table(title, compared))
    for line in (made, *rerun_lines(compared)):
        screen.print(plain(line, most=2000), markup=False, soft_wrap=True)


def _show_rows(founds: Sequence[Found], comparisons: Sequence[Reproduction]) -> None:
    """Show the means of each row of which several seeds were run again."""
    rows: dict[str, list[Reproduction]] = defaultdict(list)
    for found, compared in zip(founds, comparisons, strict=True):
        record = found.record
        rows[canonical_json([record.suite_digest, record.backbone, record.augmentation])].append(compared)
    for row in rows.values():
        if means := means_over_seeds(row):
            console().print(means_table(means, len(row)))


@contextmanager
def _runs_folder(runs: Path | None) -> Iterator[Path]:
    if runs is not None:
        yield runs
        return
    with tempfile.TemporaryDirectory(prefix="mixbench-rerun-") as folder:
        yield Path(folder)
