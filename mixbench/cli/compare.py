"""`mixbench compare`: is one method better than another?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from mixbench.cli.output import Flag, print_json
from mixbench.compare.versus.call import Places, board_here, compared
from mixbench.compare.versus.entries import COMPARED, Entry, by_pair, entry_json
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.sides import scope_of, sides_of
from mixbench.compare.versus.table import latex, markdown, pair_table
from mixbench.compare.versus.told import rule_line, step_line, verdict_line
from mixbench.compare.versus.trainer import trainer
from mixbench.compare.versus.until import DEFAULT_MEASURE, DEFAULT_MOST, Question, Step, checked_measure
from mixbench.compare.versus.until import until_decided as looks
from mixbench.compare.versus.words import LEGEND
from mixbench.report.console import console
from mixbench.report.grid import wrapped
from mixbench.report.progress import live_progress
from mixbench.results.measures import HEADLINE
from mixbench.runs.engines import DEFAULT_ENGINE, Venue, engine_named
from mixbench.runs.jobs.job import Job
from mixbench.runs.schedule import Listen
from mixbench.runs.timeleft import expected_seconds
from mixbench.spec.device import Device, resolve
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import DEFAULT_SUITE, load_suite

FORMATS = ("table", "markdown", "latex")


def compare(
    *methods: str,
    suite: str | None = None,
    model: str | None = None,
    board: Path | None = None,
    runs: str | None = None,
    all: Flag = False,
    format: str = "table",
    json: Flag = False,
    until_decided: Flag = False,
    measure: str | None = None,
    detect: float | None = None,
    most_seeds: int | None = None,
    device: str = "auto",
    engine: str | None = None,
) -> None:
    """Compare a method with others, seed by seed and example by example: better, worse, same or undecided.

    Parameters
    ----------
    methods
        Two or more; the first is compared with each other one. A method is a spec, such as cutmix or mine.py:MyMix, or
        the --name of weights from elsewhere, whose records lie on a board or in a runs folder; or a record's file, or
        a folder of one method's records.
    suite
        A suite's name or TOML file; else that of the records given, or digits.
    model
        A timm backbone instead of the suite's own.
    board
        A board to look for records; else leaderboards/ where it is here, and the runs folder.
    runs
        A folder of records and trainings to look in; else MIXBENCH_RUNS, or runs/ here. With --engine ray one that all
        of the cluster reaches, or an fsspec URL such as s3://bucket/runs.
    all
        Show all measures, not the headline ones alone.
    format
        table, markdown or latex.
    json
        Print an array of a pair's measures, all of them.
    until_decided
        Train seed after seed, until one measure is decided.
    measure
        The measure that --until-decided is about; else clean.top1_error.
    detect
        The difference that matters to --until-decided, in the measure's own unit; else its tolerance.
    most_seeds
        With --until-decided, how many seeds of each at most, 3 to 100; else 20.
    device
        What --until-decided trains on: auto takes CUDA where there is one, else the CPU.
    engine
        Who runs the jobs of --until-decided: local processes, or ray, a cluster.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS, f"one of {', '.join(FORMATS)}")
    if until_decided:
        question = _question(measure, detect, most_seeds)
        who = engine_named(engine or DEFAULT_ENGINE)
        where, venue = resolve(device, who.elsewhere), who.venue(runs)
        places = Places(board_here() if board is None and runs is None else board, venue.folder)
        entries = _decide(methods, question, places, suite, model, where, venue, quiet=json)
        return print_json([entry_json(entry) for entry in entries]) if json else None
    only = {"--measure": measure, "--detect": detect, "--most-seeds": most_seeds, "--engine": engine}
    if given := next((word for word, value in only.items() if value is not None), None):
        raise MixBenchError(f"compare: {given} goes with --until-decided; add it, or leave {given} out")
    names = COMPARED if all or json else HEADLINE
    entries = compared(methods, Places.of(board, runs), suite, model, names)
    if not entries:
        raise MixBenchError("compare: needed a measure that both have, got none; measure both with one version")
    if json:
        return print_json([entry_json(entry) for entry in entries])
    return _show(entries, all, format)


def _show(entries: Sequence[Entry], every: bool, format: str) -> None:
    if format != "table":
        sys.stdout.write((latex if format == "latex" else markdown)(entries, every))
        return
    hint = [] if every else ["The other measures: --all."]
    screen = console()
    for pair in by_pair(entries):
        screen.show(pair_table(pair, every), "")
    screen.show(*wrapped(LEGEND, screen.width), *hint)


def _question(measure: str | None, detect: float | None, most_seeds: int | None) -> Question:
    most = DEFAULT_MOST if most_seeds is None else most_seeds
    return Question(checked_measure(measure or DEFAULT_MEASURE, detect, most), detect, most)


def _decide(
    methods: Sequence[str],
    question: Question,
    places: Places,
    suite: str | None,
    model: str | None,
    device: Device,
    venue: Venue,
    quiet: bool,
) -> list[Entry]:
    loaded, scope = load_suite(suite or DEFAULT_SUITE), scope_of(methods, suite, model)
    found, evidence = places.find(), Evidence()
    a, *others = sides_of(methods, scope, found, trained=scope.suite_digest == loaded.digest)
    panel = places.panel(scope, evidence, found)
    screen = console(stderr=quiet)

    def listening(jobs: Sequence[Job]) -> AbstractContextManager[Listen]:
        expected = expected_seconds(jobs, loaded, scope.backbone, venue.store)
        return live_progress(jobs, expected, venue.workers)

    train = trainer(loaded, scope.backbone, question.measure, device, venue, listening)
    last: dict[str, Step] = {}
    for step in looks(a, others, question, panel, evidence, train):
        if step.b.word not in last:
            screen.show(rule_line(step))
        last[step.b.word] = step
        screen.show(step_line(step))
    screen.show(*map(verdict_line, last.values()))
    return [step.entry() for step in last.values()]
