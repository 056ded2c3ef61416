"""`mixbench reproduce`: a paper's table or figure, beside its published numbers, with a verdict for every claim."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from json import dumps
from pathlib import Path

from mixbench.cli.output import Flag, check_place, picture_kind, print_json, write_file
from mixbench.compare.versus.call import Places, board_here
from mixbench.papers.bench import Bench
from mixbench.papers.document import document
from mixbench.papers.every import all_here, run_one
from mixbench.papers.experiment import Experiment, experiment_names, load_experiment
from mixbench.papers.kinds.table import kind_of
from mixbench.papers.layout import as_json, latex, markdown, terminal
from mixbench.papers.listed import experiments_json, experiments_table
from mixbench.papers.reproduce import Reproduced, seeds_for
from mixbench.papers.reproduce import reproduce as run
from mixbench.papers.settings import Place, places_of, seeds_of
from mixbench.report.console import console
from mixbench.report.plan import plan_json, plan_table
from mixbench.report.progress import live_progress
from mixbench.runs.cards import Card, planned_card
from mixbench.runs.cost import costs
from mixbench.runs.engine import workers_for
from mixbench.runs.engines import DEFAULT_ENGINE, Venue, engine_named
from mixbench.runs.jobs.job import Job
from mixbench.runs.plan import Plan, merged
from mixbench.runs.schedule import Listen, missing
from mixbench.runs.timeleft import expected_seconds
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError, unknown

Listening = AbstractContextManager[Listen]

DONE, FAILED = 0, 2
FORMATS = ("table", "markdown", "latex", "json")


def reproduce(
    experiment: str | None = None,
    /,
    *,
    list: Flag = False,
    all: Flag = False,
    on: str | None = None,
    model: str | None = None,
    seeds: int | None = None,
    engine: str = DEFAULT_ENGINE,
    workers: int | None = None,
    device: str = "auto",
    board: Path | None = None,
    runs: str | None = None,
    plan: Flag = False,
    card: str | None = None,
    format: str = "table",
    out: Path | None = None,
    picture: Path | None = None,
    json: Flag = False,
) -> int:
    """Run a paper's experiment, lay it out beside the published numbers and judge the paper's claims.

    A training that fails does not stop the others; what failed is said under the table, with exit code 2.
    Without --on it runs at the paper's budget, which mostly wants a GPU; what lacks its data is said and not run.

    Parameters
    ----------
    experiment
        PAPER/EXPERIMENT, or a .toml file of your own.
    list
        Show the experiments.
    all
        Run every experiment that runs in minutes, on the suites that --list names, and write one Markdown document of
        all claims, again after each experiment; one that cannot be run does not stop the others.
    on
        A suite, or its TOML file, in place of the paper's own, such as digits.
    model
        A timm backbone in place of the paper's.
    seeds
        How many training seeds, from 0 on; else as many as the experiment asks for, or more where records of every row
        have more.
    engine
        Who runs the jobs: local processes, or ray, a cluster.
    workers
        How many jobs run side by side.
    device
        auto takes CUDA where there is one, else the CPU.
    board
        A board whose records are used beside the runs folder's; else leaderboards/ where it is here.
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, or runs/ here. With --engine ray one that all of the
        cluster reaches, or an fsspec URL such as s3://bucket/runs.
    plan
        Show what would be trained and what it is expected to cost; run nothing.
    card
        With --plan: estimate the time on a card, such as h100, by its data sheet.
    format
        table, markdown, latex or json.
    out
        A file for the markdown, latex or json.
    picture
        A file, ending in .png, .svg or .pdf, for the experiment's figure: what the first seed's models decide
        everywhere in the plane, where they see the items of test images, or the samples of GANs.
    json
        The same as --format json.
    """
    form = "json" if json else format
    if form not in FORMATS:
        raise unknown("format", form, FORMATS, f"one of {', '.join(FORMATS)}")
    if list:
        print_json(experiments_json()) if form == "json" else console().show(experiments_table())
        return DONE
    if out is not None:
        check_place("--out", out)
    if picture is not None:
        picture_kind("--picture", picture)
        check_place("--picture", picture)
    chosen, who = planned_card(card, plan), engine_named(engine)
    where, venue = resolve(device, who.elsewhere), who.venue(runs)
    places = Places(board_here() if board is None else board, venue.folder)
    bench = Bench(places, venue, where, partial(_listen, venue, workers), workers)
    if all:
        _alone(
            experiment=experiment,
            on=on,
            model=model,
            plan=plan,
            json=json,
            picture=picture,
            format=format not in ("table", "markdown"),
        )
        return _every(seeds, bench, out)
    if experiment is None:
        raise MixBenchError(
            f"reproduce: needed one of {len(experiment_names())} experiments, got none; --list shows them"
        )
    loaded = load_experiment(experiment)
    found = places_of(loaded, on, model)
    counted = seeds_for(loaded, found, seeds, bench)
    if plan:
        _show_plan(loaded, found, counted, bench, chosen, form == "json")
        return DONE
    drawn = None if picture is None else kind_of(loaded.kind).picture(loaded, found, counted, bench)
    made = run(loaded, found, counted, bench)
    if form == "table" and out is None:
        console().show(*terminal(made))
    else:
        _give(_text(made, form), out)
    if picture is not None and drawn is not None:
        write_file("--picture", picture, drawn.draw(picture_kind("--picture", picture)))
    return _code([made])


def _alone(**others: object) -> None:
    if given := next((name for name, value in others.items() if value), None):
        option = "an experiment" if given == "experiment" else f"--{given}"
        raise MixBenchError(
            f"reproduce --all: runs everything as it is and writes Markdown, got {option}; leave it out"
        )


def _code(made: Sequence[Reproduced]) -> int:
    return FAILED if any(each.faults for one in made for each in one.measured) else DONE


def _every(seeds: int | None, bench: Bench, out: Path | None) -> int:
    """Write the document after every experiment, so that what is done is there whatever happens."""
    todo, done = all_here(), []
    if seeds is not None:
        seeds_of(seeds)
    for experiment, on in todo:
        console(stderr=True).show(f"{len(done) + 1}/{len(todo)} {experiment.key} on {on}")
        done.append(run_one(experiment, on, seeds, bench))
        if out is not None:
            _give(document(done, len(todo)), out)
    if out is None:
        _give(document(done, len(todo)), None)
    return FAILED if any(each.fault for each in done) else _code([each.made for each in done if each.made])


def _give(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        write_file("--out", out, text.encode())


def _listen(venue: Venue, workers: int | None, plan: Plan | None, jobs: Sequence[Job]) -> Listening:
    known = expected_seconds(jobs, plan.suite, plan.backbone, venue.store) if plan else None
    return live_progress(jobs, known, workers or venue.workers)


def _text(made: Reproduced, form: str) -> str:
    if form == "json":
        return dumps(as_json(made), indent=1, allow_nan=False) + "\n"
    return latex(made) if form == "latex" else markdown(made)


def _show_plan(
    experiment: Experiment,
    places: Sequence[Place],
    seeds: Sequence[int],
    bench: Bench,
    card: Card | None,
    as_json: bool,
) -> None:
    plan = kind_of(experiment.kind).plan
    if plan is None:
        raise MixBenchError(
            f"reproduce --plan: {experiment.key} trains models of no suite, whose cost is not known; leave --plan out"
        )
    store = bench.venue.store
    made = merged([each for place in places if not place.lacks for each in plan(experiment, place, seeds, bench)])
    found = [costs(each, store, card) for each in made]
    if as_json:
        return print_json([cost for each in found for cost in plan_json(each)])
    for each, cost in zip(made, found, strict=True):
        workers = bench.workers or bench.venue.workers or workers_for(missing(each.jobs, store))
        console().show(f"{each.suite.name}, {each.backbone}", plan_table(each, cost, workers, card))
    return None
