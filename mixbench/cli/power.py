"""`mixbench power`: seeds, minutes and the smallest difference that is found, against one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixbench.cli.output import Flag, print_json
from mixbench.compare.plan import Planned
from mixbench.compare.versus.call import Places
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.power import Detection, Times, column_of, detection, measures_of, of_two, planned, times
from mixbench.compare.versus.scope import Scope
from mixbench.compare.versus.words import amount, unit
from mixbench.report.console import console
from mixbench.report.grid import Column, Grid
from mixbench.results.measures import BY_NAME, HEADLINE
from mixbench.runs.store import runs_folder
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import DEFAULT_SUITE, load_suite


def power(
    *,
    suite: str = DEFAULT_SUITE,
    measure: str | None = None,
    detect: float | None = None,
    model: str | None = None,
    board: Path | None = None,
    runs: Path | None = None,
    device: str = "auto",
    json: Flag = False,
) -> None:
    """Say what so many seeds would tell in a suite, how long they take, and how many seeds a difference takes.

    By how much the methods of a board differ from seed to seed, or those of a runs folder.

    Parameters
    ----------
    suite
        A suite's name or TOML file.
    measure
        Only this measure, instead of the headline ones.
    detect
        A difference in the measure's own unit, such as 0.01 for one point: how many seeds find it.
    model
        A timm backbone instead of the suite's own.
    board
        The board whose variances are taken; else leaderboards/ where it is here, and the runs folder.
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, or runs/ here.
    device
        What would be trained on: auto takes CUDA where there is one, else the CPU.
    json
        Print an array instead of a table.
    """
    if measure is not None and measure not in BY_NAME:
        raise unknown("measure", measure, BY_NAME, "'mixbench list measures' shows them")
    loaded, places = load_suite(suite), Places.of(board, runs)
    backbone = model or loaded.backbone
    scope, evidence = Scope.planned(loaded, backbone), Evidence()
    panel = places.panel(scope, evidence, places.find())
    names = measures_of(panel, measure, HEADLINE)
    if not names:
        column_of(panel, HEADLINE[0])
    minutes = times(loaded, backbone, resolve(device), places.runs or runs_folder())
    columns = {name: column_of(panel, name) for name in names}
    if detect is not None:
        if measure is None and len({BY_NAME[name].unit for name in names}) > 1:
            raise MixBenchError("power --detect: needed --measure, since units differ, got none; add it")
        found = [detection(name, columns[name], detect, minutes) for name in names]
        return print_json([vars(each) for each in found]) if json else _show_detections(found, minutes)
    tell = planned if json or measure else of_two
    tables = {name: tell(column) for name, column in columns.items()}
    if json:
        return print_json([entry for name, rows in tables.items() for entry in _listed(name, rows, minutes)])
    return _show(tables, minutes)


def _listed(measure: str, rows: list[Planned], minutes: Times) -> list[dict[str, Any]]:
    return [
        {
            "measure": measure,
            "seeds": row.seeds,
            "minutes": minutes.of(row.seeds),
            "difference": row.of_two,
            "difference_on_board": row.on_board,
            "resolution": row.resolution,
        }
        for row in rows
    ]


NOTE = (
    "The smallest true difference found in 80 % of comparisons, in percentage points of errors and shares; minutes are"
    " those of two methods that were never trained here, whole records{}. mixbench compare --until-decided needs fewer."
)


def _show(tables: dict[str, list[Planned]], minutes: Times) -> None:
    made = _of_one(*next(iter(tables.items())), minutes) if len(tables) == 1 else _of_several(tables, minutes)
    made.notes.append(_note(minutes))
    console().show(made)


def _note(minutes: Times) -> str:
    return NOTE.format(f", on {minutes.workers} worker(s), by {minutes.source}" if minutes.source else ", not known")


def _of_one(measure: str, rows: list[Planned], minutes: Times) -> Grid:
    heads = ("seeds", "minutes", "of two methods", "on a board of all rows", "resolution")
    found = BY_NAME[measure]
    made = Grid([Column(head, right=True) for head in heads], f"{measure}, in {unit(found)}")
    for row in rows:
        sizes = (amount(found, each) for each in (row.of_two, row.on_board, row.resolution))
        made.add(str(row.seeds), _minutes(minutes.of(row.seeds)), *sizes)
    return made


def _of_several(tables: dict[str, list[Planned]], minutes: Times) -> Grid:
    seeds = [row.seeds for row in next(iter(tables.values()))]
    columns = [Column("seeds"), *(Column(str(each), right=True) for each in seeds)]
    made = Grid(columns, "Difference of two methods by seeds of each")
    for name, rows in tables.items():
        made.add(name, *(amount(BY_NAME[name], row.of_two) for row in rows))
    made.add("minutes", *(_minutes(minutes.of(each)) for each in seeds), style="dim")
    return made


def _show_detections(found: list[Detection], minutes: Times) -> None:
    columns = [Column("measure"), *(Column(head, right=True) for head in _DETECTED)]
    made = Grid(columns, "Seeds of each method that find a difference in 80 % of comparisons", [_note(minutes)])
    for each in found:
        seeds = "none would" if each.seeds is None else str(each.seeds)
        mean = "" if each.until_decided is None else f"{each.until_decided:.1f}"
        size = amount(BY_NAME[each.measure], each.difference)
        made.add(each.measure, size, seeds, _minutes(each.minutes), mean)
    console().show(made)


_DETECTED = ("difference", "seeds", "minutes", "until decided")


def _minutes(minutes: float | None) -> str:
    return "" if minutes is None else f"{minutes:.1f}" if minutes < 10 else f"{minutes:.0f}"
