"""`mixbench runs`: what lies in a runs folder, how large, needed by what."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from mixbench.cli.output import Flag, print_json
from mixbench.report.console import console
from mixbench.report.numbers import size
from mixbench.report.runs import idle_table, runs_json, runs_table
from mixbench.runs.ledger import UNKNOWN, Held, busy, drop, ledger
from mixbench.runs.store import runs_folder
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown


def runs(*, runs: Path | None = None, prune: Flag = False, yes: Flag = False, json: Flag = False) -> None:
    """Show the records of a runs folder with what they need, and drop what nothing needs; never a record.

    What reproduce and compare --until-decided trained is needed by a file of theirs under uses/ of the folder.
    Trainings of a sweep that is not finished are needed by no record yet: finish it first, or they are made again.

    Parameters
    ----------
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, else runs/ here.
    prune
        Drop what nothing needs, after asking.
    yes
        Do not ask.
    json
        Print an array of objects, each with name, kind, path, bytes and needed_by; with --prune, of what was dropped.
    """
    folder = runs_folder(runs)
    held = ledger(folder)
    idle = [each for each in held if each.idle]
    if prune:
        return _prune(folder, held, idle, yes, json)
    if json:
        return print_json(runs_json(held))
    console().show(runs_table(held))
    if idle:
        where = f" --runs {shlex.quote(str(runs))}" if runs else ""
        console().show(idle_table(held), f"to drop it: mixbench runs{where} --prune")
    return None


def _prune(folder: Path, held: Sequence[Held], idle: Sequence[Held], yes: bool, json: bool) -> None:
    for each in held:
        if each.kind == UNKNOWN:
            raise MixBenchError(
                f"{shown(each.path)}: cannot be read, so what it needs is not known; move it out of the folder"
            )
    if busy(folder):
        raise MixBenchError(f"runs folder {shown(folder)}: a run is going on there; wait until it has ended")
    if idle and not (yes or _agreed(held, idle)):
        return console(stderr=True).show("nothing was dropped")
    gone = drop(folder, idle)
    if json:
        return print_json(runs_json(gone))
    return console().show(f"dropped: {len(gone)}, {size(sum(each.bytes for each in gone))}")


def _agreed(held: Sequence[Held], idle: Sequence[Held]) -> bool:
    if not sys.stdin.isatty():
        raise MixBenchError("runs --prune: needed an answer, got no terminal to ask in; add --yes")
    screen = console(stderr=True)
    screen.show(idle_table(held), "Records elsewhere, such as on a board, are not looked at.")
    screen.print(f"Drop these {len(idle)}? [y/N] ", end="", markup=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
