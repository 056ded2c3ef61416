"""`mixbench eval`: one augmentation's whole robustness picture."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.grids import is_grid
from mixbench.cli.numbers import parse_numbers
from mixbench.cli.output import Flag, print_json
from mixbench.cli.seeds import parse_seeds
from mixbench.compare.versus.told import what_seeds_tell
from mixbench.report.beside import ERM, erm_beside
from mixbench.report.console import console
from mixbench.report.plan import plan_json, plan_table, where_images_are
from mixbench.report.progress import live_progress
from mixbench.report.table import explanation, robustness_table
from mixbench.report.weights import assumptions
from mixbench.results.record import load_record
from mixbench.runs.assemble import raw, records_in
from mixbench.runs.cards import Card, planned_card
from mixbench.runs.cost import costs
from mixbench.runs.engine import workers_for
from mixbench.runs.engines import DEFAULT_ENGINE, Venue, engine_named
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.plan import Plan, plan_spec, plan_weights, with_groups
from mixbench.runs.request import carry_out, unfinished_jobs
from mixbench.runs.schedule import missing
from mixbench.runs.store import Store
from mixbench.runs.timeleft import expected_seconds
from mixbench.spec.device import Device, resolve
from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import Given
from mixbench.spec.suite import DEFAULT_SUITE, Suite, load_suite


def evaluate(
    *,
    aug: str | None = None,
    weights: Path | None = None,
    suite: str = DEFAULT_SUITE,
    model: str | None = None,
    seed: Annotated[list[str] | None, Parameter(negative_iterable=(), allow_leading_hyphen=True)] = None,
    stem: str | None = None,
    mean: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    std: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    name: str | None = None,
    device: str = "auto",
    also: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
    engine: str = DEFAULT_ENGINE,
    runs: str | None = None,
    plan: Flag = False,
    card: str | None = None,
    all: Flag = False,
    explain: Flag = False,
    quiet: Flag = False,
    json: Flag = False,
) -> None:
    """Train what is missing, run the battery, write one record a seed and show it beside ERM's.

    Parameters
    ----------
    aug
        The augmentation's spec, such as cutmix or 'mixup(alpha=8)+label_smoothing'. One augmentation: 'mixbench sweep'
        takes several, and grids.
    weights
        Instead of --aug: a .safetensors file of weights trained elsewhere, for the backbone given by --model. What
        MixBench did not write into it is given by --stem, --mean and --std.
    suite
        A suite's name or TOML file.
    model
        A timm backbone instead of the suite's own.
    seed
        A training seed, 0 or more, 0 where none is given; 0:5 is 0 … 4; may be given several times. With --weights the
        one that they were trained with, so that several files of one --name make a row.
    stem
        The stem of the weights' model: own, as timm makes it; small, strided or dilated, as MixBench trains it on
        small images.
        Left out, the one that they fit; where they fit two that answer otherwise it must be said.
    mean
        The mean that the weights' images were normalised with, in pixels of [0, 1]: one number, or one a channel as
        0.5,0.5,0.5; 0 for none. Left out with --std, that of timm's own configuration of the model.
    std
        The deviation likewise; 1 for none.
    name
        What the weights are called in records; else the file's name.
    device
        auto takes CUDA where there is one, else the CPU.
    also
        An optional group of measures, such as apgd, on top of the battery; may be given several times.
    engine
        Who runs the jobs: local processes, or ray, a cluster.
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, else runs/ here. With --engine ray one that all of the
        cluster reaches, or an fsspec URL such as s3://bucket/runs.
    plan
        Show the jobs, what is cached and the expected cost; run nothing.
    card
        With --plan: estimate the time on a card, such as h100, by its data sheet.
    all
        Show every measure, not only the headline ones.
    explain
        Say what the table's numbers mean, under it.
    quiet
        Show no progress, and of the result only where the records lie.
    json
        Print the records as a JSON array on stdout; progress stays on stderr.
    """
    seeds = parse_seeds(seed or ())
    loaded, about = load_suite(suite), {"--stem": stem, "--mean": mean, "--std": std, "--name": name}
    chosen, who = planned_card(card, plan), engine_named(engine)
    where = "cuda" if chosen else resolve(device, who.elsewhere)
    if weights is None:
        made = _plan_spec(loaded, aug, model, seeds, where, about)
    else:
        made = _plan_weights(loaded, aug, weights, model, seeds, where, about)
    made, venue = with_groups(made, also or []), who.venue(runs, torchrun=True)
    if plan:
        return _show_plan(made, venue, json, chosen)
    jobs = unfinished_jobs(made, venue.store)
    expected = expected_seconds(jobs, made.suite, made.backbone, venue.store)
    with live_progress(jobs, expected, venue.workers, quiet=quiet) as listen:
        paths = carry_out(made, venue.folder, listen, jobs, run=venue.run).whole()
    if json:
        return print_json([raw(path) for path in paths])
    if quiet:
        return console().show(*map(str, paths))
    asked = ["--suite", suite, *(["--model", model] if model else []), *(["--runs", runs] if runs else [])]
    if engine != DEFAULT_ENGINE:
        asked += ["--engine", engine]
    return _show(paths, venue, asked, all, explain)


def _plan_spec(
    suite: Suite, aug: str | None, model: str | None, seeds: list[int], device: Device, about: dict[str, str | None]
) -> Plan:
    if aug is None:
        raise _either()
    if is_grid(aug):
        raise MixBenchError(
            f"eval: needed one augmentation, got a grid; mixbench sweep --aug {shlex.quote(aug)} does it"
        )
    if given := [option for option, word in about.items() if word is not None]:
        raise MixBenchError(f"eval: {given[0]} goes with --weights; leave it out")
    return plan_spec(suite, model or suite.backbone, [aug], seeds or [0], device)


def _plan_weights(
    suite: Suite,
    aug: str | None,
    weights: Path,
    model: str | None,
    seeds: list[int],
    device: Device,
    about: dict[str, str | None],
) -> Plan:
    # torch is loaded here, since only weights are looked into before anything runs.
    from mixbench.runs.weights import weights_of

    if aug is not None:
        raise _either()
    if model is None or len(seeds) > 1:
        raise MixBenchError("eval --weights: needed --model TIMM and at most one --seed, that of the file's training")
    given = Given(about["--stem"], *(parse_numbers(option, about[option]) for option in ("--mean", "--std")))
    found = weights_of(suite, model, weights, given)
    return plan_weights(suite, model, found, device, about["--name"], next(iter(seeds), None))


def _either() -> MixBenchError:
    return MixBenchError("eval: needed either --aug SPEC or --weights FILE, got both or none; see mixbench eval --help")


def _show_plan(plan: Plan, venue: Venue, as_json: bool, card: Card | None) -> None:
    _refuse_unfit(plan, venue.folder)
    found = costs(plan, venue.store, card)
    if as_json:
        return print_json(plan_json(found))
    workers = venue.workers or workers_for(missing(plan.jobs, venue.store))
    plan_shown = plan_table(plan, found, workers, card)
    places = [] if card else where_images_are(plan, workers)
    return console().show(plan_shown, *places, *what_seeds_tell(plan, venue.folder))


def _refuse_unfit(plan: Plan, runs: Path) -> None:
    """MixBenchError for weights that the check of a run would refuse; it costs a look at some images."""
    for job in plan.jobs:
        if isinstance(job, CheckJob) and job.weights:
            job.do(Store(runs))


def _show(paths: list[Path], venue: Venue, asked: list[str], every: bool, explain: bool) -> None:
    records = [load_record(path) for path in paths]
    erm, screen = erm_beside(records, records_in(venue.folder)), console()
    screen.show(robustness_table(records, erm, every))
    screen.show(*(explanation(records, erm, every) if explain else ()))
    for flag in dict.fromkeys(flag for record in records for flag in record.flags):
        screen.show(f"flag {flag}")
    screen.show(*filter(None, map(assumptions, records)))
    for path in paths:
        screen.show(f"record {path}, per-example outcomes beside it")
    screen.show(*([f"these are copies of what lies in {venue.address}"] if venue.address else []))
    screen.show(f"errors by class: mixbench classes {shlex.join(map(str, paths))}")
    if not erm and records[0].augmentation != ERM:
        seeds = [word for record in records if record.seed is not None for word in ("--seed", str(record.seed))]
        screen.show(f"ERM beside it: mixbench eval --aug erm {shlex.join([*asked, *seeds])}, then the same again")
