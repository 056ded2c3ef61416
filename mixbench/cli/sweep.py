"""`mixbench sweep`: a grid of augmentations and seeds, every shared training once."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.grids import expand
from mixbench.cli.output import Flag, print_json
from mixbench.cli.seeds import parse_seeds
from mixbench.compare.versus.told import what_seeds_tell
from mixbench.report.console import console
from mixbench.report.plan import plan_json, where_images_are
from mixbench.report.progress import live_progress
from mixbench.report.sweep import failure_table, summary_table, sweep_plan_table
from mixbench.results.found import read_records
from mixbench.results.record import identity, load_record
from mixbench.runs.assemble import raw
from mixbench.runs.cards import Card, planned_card
from mixbench.runs.cost import costs
from mixbench.runs.engine import workers_for
from mixbench.runs.engines import DEFAULT_ENGINE, Venue, engine_named
from mixbench.runs.jobs.job import Job
from mixbench.runs.plan import Plan, distinct, leave_out, plan_spec, with_groups
from mixbench.runs.request import Result, carry_out, unfinished_jobs
from mixbench.runs.timeleft import expected_seconds
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError
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
    engine: str = DEFAULT_ENGINE,
    workers: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    device: str = "auto",
    also: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
    runs: str | None = None,
    plan: Flag = False,
    card: str | None = None,
    quiet: Flag = False,
    json: Flag = False,
) -> int:
    """Measure a grid of augmentations and seeds: one record each, shared trainings once, resumable.

    A training that fails does not stop the others; what failed is listed at the end, with exit code 2.

    Parameters
    ----------
    aug
        An augmentation's spec, such as cutmix or 'mixup(alpha=8)+label_smoothing'; given once for each, or
        as a grid: 'mixup(alpha={0.2,1,8})'.
    seed
        A training seed, 0 or more, 0 where none is given; 0:5 is 0 … 4; may be given several times.
    suite
        A suite's name or TOML file.
    model
        A timm backbone instead of the suite's own.
    board
        A board, such as leaderboards: what it holds is left out.
    engine
        Who runs the jobs: local processes, or ray, a cluster.
    workers
        How many jobs run side by side; else as many as the cores have room for, or one on a GPU; with --engine ray as
        many as the cluster has room for.
    device
        auto takes CUDA where there is one, else the CPU.
    also
        An optional group of measures, such as apgd, on top of the battery; may be given several times.
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, else runs/ here. With --engine ray one that all of the
        cluster reaches, or an fsspec URL such as s3://bucket/runs.
    plan
        Show what is cached and what the rest is expected to cost; run nothing.
    card
        With --plan: estimate the time on so many --workers of a card, such as h100, by its data sheet.
    quiet
        Show no progress, and of the result only where the records lie.
    json
        Print the records as a JSON array on stdout; progress and failures stay on stderr.
    """
    side_by_side = _workers(workers)
    loaded, seeds = load_suite(suite), parse_seeds(seed or ["0"])
    augs = distinct([each for word in aug for each in expand(word)])
    chosen, who = planned_card(card, plan), engine_named(engine)
    where = "cuda" if chosen else resolve(device, who.elsewhere)
    made = with_groups(plan_spec(loaded, model or loaded.backbone, augs, seeds, where), also or [])
    if board is not None:
        held = [found.record for found in read_records(board)]
        made = leave_out(made, {identity(record) for record in held if set(also or []) <= set(record.groups)})
    venue = who.venue(runs, torchrun=True)
    if plan:
        return _show_plan(made, venue, side_by_side, json, board, chosen)
    jobs = unfinished_jobs(made, venue.store)
    expected = expected_seconds(jobs, loaded, made.backbone, venue.store)
    with live_progress(jobs, expected, side_by_side or venue.workers, lines=True, quiet=quiet) as listen:
        result = carry_out(made, venue.folder, listen, jobs, side_by_side, venue.run)
    _refuse_unfit(jobs, result)
    if json:
        print_json([raw(path) for path in result.paths])
    elif quiet:
        console().show(*map(str, result.paths))
    else:
        _show(made, venue, suite, result)
    return _tell_failures(jobs, result)


def _workers(word: str | None) -> int | None:
    if word is None:
        return None
    if not word.isascii() or not word.isdigit() or not 1 <= int(word[:9]) <= MOST_WORKERS:
        raise MixBenchError(f"--workers: needed a whole number from 1 to {MOST_WORKERS}, got {word}; leave it out")
    return int(word)


def _show_plan(
    plan: Plan, venue: Venue, workers: int | None, as_json: bool, board: Path | None, card: Card | None
) -> int:
    found = costs(plan, venue.store, card)
    if as_json:
        print_json(plan_json(found))
    else:
        cached = {cost.digest for cost in found if cost.cached}
        left = [job for job in plan.jobs if job.digest not in cached]
        many = workers or venue.workers or workers_for(left)
        table = sweep_plan_table(plan, found, many, card)
        places = [] if card else where_images_are(plan, many)
        console().show(table, *places, *what_seeds_tell(plan, venue.folder, board))
    return DONE


def _refuse_unfit(jobs: Sequence[Job], result: Result) -> None:
    """MixBenchError where the check failed, since then nothing was tried."""
    for job in jobs:
        if job.guard and job.digest in result.outcome.failed and not result.outcome.crashes:
            raise MixBenchError(result.outcome.failed[job.digest])


def _show(plan: Plan, venue: Venue, suite: str, result: Result) -> None:
    screen = console()
    screen.show(summary_table(plan, [load_record(path) for path in result.paths]))
    screen.show(f"{len(result.paths)} of {len(plan.records)} records in {venue};")
    if result.paths:
        words = ["--board", str(venue.folder), "--suite", suite, "--measure", "all"]
        screen.show(f"all measures: mixbench leaderboard {shlex.join(words)}")


def _tell_failures(jobs: Sequence[Job], result: Result) -> int:
    if not result.outcome.failed:
        return DONE
    for crash in result.outcome.crashes:
        sys.stderr.write(f"{crash}\n")
    console(stderr=True).show(failure_table(jobs, result.outcome))
    return FAILED
