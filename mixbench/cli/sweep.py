"""`mixbench sweep`: a grid of augmentations and seeds, every shared training once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.output import print_json
from mixbench.cli.seeds import parse_seed
from mixbench.report.console import console
from mixbench.report.plan import plan_json
from mixbench.report.progress import live_progress
from mixbench.report.sweep import failure_table, summary_table, sweep_plan_table
from mixbench.results.found import read_records
from mixbench.results.record import identity, load_record
from mixbench.runs.assemble import raw
from mixbench.runs.cost import costs
from mixbench.runs.engine import workers_for
from mixbench.runs.job import Job
from mixbench.runs.plan import Plan, distinct, leave_out, plan_spec, with_groups
from mixbench.runs.request import Result, carry_out, unfinished_jobs
from mixbench.runs.store import Store, runs_folder
from mixbench.runs.timeleft import expected_seconds
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import DEFAULT_SUITE, load_suite

DONE, FAILED = 0, 2
MOST_WORKERS = 1024


def sweep(
    *,
    aug: Annotated[list[str], Parameter(negative_iterable=())],
    seed: Annotated[list[str] | None, Parameter(negative_iterable=(), allow_leading_hyphen=True)] = None,
    suite: str = DEFAULT_SUITE,
    model: str | None = None,
    board: Path | None = None,
    engine: str = "local",
    workers: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    device: str = "auto",
    also: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
    runs: Path | None = None,
    plan: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Measure a grid of augmentations and seeds: one record each, shared trainings once, resumable.

    A training that fails does not stop the others; what failed is listed at the end, with exit code 2.

    Parameters
    ----------
    aug
        An augmentation's spec, such as cutmix or 'mixup(alpha=8)+label_smoothing'; given once for each.
    seed
        A training seed, 0 or more, 0 where none is given; may be given several times.
    suite
        A suite's name or TOML file.
    model
        A timm backbone instead of the suite's own.
    board
        A board, such as leaderboards: what it holds is left out.
    engine
        Who runs the jobs: local processes.
    workers
        How many jobs run side by side; else as many as the cores have room for, or one on a GPU.
    device
        auto takes CUDA where there is one, else the CPU.
    also
        An optional group of measures, such as apgd, on top of the battery; may be given several times.
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, else runs/ here.
    plan
        Show what is cached and what the rest is expected to cost; run nothing.
    json
        Print the records as a JSON array on stdout; progress and failures stay on stderr.
    """
    _check_engine(engine)
    side_by_side = _workers(workers)
    loaded, seeds = load_suite(suite), list(dict.fromkeys(parse_seed(word) for word in seed or ["0"]))
    made = with_groups(plan_spec(loaded, model or loaded.backbone, distinct(aug), seeds, resolve(device)), also or [])
    if board is not None:
        held = [found.record for found in read_records(board)]
        made = leave_out(made, {identity(record) for record in held if set(also or []) <= set(record.groups)})
    folder = runs_folder(runs)
    if plan:
        return _show_plan(made, folder, side_by_side, json)
    tasks = unfinished_jobs(made, folder)
    expected = expected_seconds(tasks, loaded, made.backbone, Store(folder))
    with live_progress(tasks, expected, side_by_side, lines=True) as listen:
        result = carry_out(made, folder, listen, tasks, side_by_side)
    _refuse_unfit(tasks, result)
    return _report(made, folder, tasks, result, json)


def _check_engine(name: str) -> None:
    if name == "ray":
        raise MixBenchError("--engine ray: needed an engine that is there, got ray, which comes later; use local")
    if name != "local":
        raise unknown("engine", name, ["local"], "leave it out")


def _workers(word: str | None) -> int | None:
    if word is None:
        return None
    if not word.isascii() or not word.isdigit() or not 1 <= int(word[:9]) <= MOST_WORKERS:
        raise MixBenchError(f"--workers: needed a whole number from 1 to {MOST_WORKERS}, got {word}; leave it out")
    return int(word)


def _show_plan(plan: Plan, runs: Path, workers: int | None, as_json: bool) -> int:
    found = costs(plan, Store(runs))
    if as_json:
        print_json(plan_json(found))
    else:
        cached = {cost.digest for cost in found if cost.cached}
        left = [job for job in plan.jobs if job.digest not in cached]
        console().print(sweep_plan_table(plan, found, workers or workers_for(left)))
    return DONE


def _refuse_unfit(tasks: Sequence[Job], result: Result) -> None:
    """MixBenchError where the check failed, since then nothing was tried."""
    for task in tasks:
        if task.guard and task.digest in result.outcome.failed and not result.outcome.crashes:
            raise MixBenchError(result.outcome.failed[task.digest])


def _report(plan: Plan, runs: Path, tasks: Sequence[Job], result: Result, as_json: bool) -> int:
    if as_json:
        print_json([raw(path) for path in result.paths])
    else:
        screen = console()
        screen.print(summary_table(plan, [load_record(path) for path in result.paths]))
        screen.print(f"{len(result.paths)} of {len(plan.records)} records in {runs};", markup=False, soft_wrap=True)
        screen.print(f"all measures: mixbench leaderboard --board {runs}", markup=False, soft_wrap=True)
    if not result.outcome.failed:
        return DONE
    for crash in result.outcome.crashes:
        sys.stderr.write(f"{crash}\n")
    console(stderr=True).print(failure_table(tasks, result.outcome))
    return FAILED
