"""`mixbench leaderboard`: records → rows, ranks, a table or a page."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.board.choose import check_measure, choose, measures_named, measures_of, sort_by
from mixbench.board.leaderboard import SHOWN_HOMES
from mixbench.board.read import read_board
from mixbench.board.regenerate import is_suite
from mixbench.board.rows import Board
from mixbench.cli.output import Flag, check_place, write_file
from mixbench.results.found import BOARD, HOMES, collector_paused
from mixbench.runs.store import runs_folder
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain
from mixbench.spec.suite import load_suite

Several = Annotated[list[str] | None, Parameter(negative_iterable=())]


def leaderboard(
    *,
    suite: str | None = None,
    board: Path | None = None,
    format: str = "table",
    out: Path | None = None,
    sort: str | None = None,
    measure: Several = None,
    family: Several = None,
    backbone: Several = None,
    explain: Flag = False,
) -> None:
    """Rank records: one row an (augmentation, backbone), means over seeds, and what the seeds can tell apart.

    Parameters
    ----------
    suite
        Only this suite: its name, name@version or TOML file.
    board
        A board, one suite's folder in it, or a runs folder; else leaderboards/ where it is here, else the runs folder.
    format
        table, markdown, csv, json, latex, or html (a folder that opens in any browser).
    out
        Write there instead of printing; html needs a folder.
    sort
        A measure to sort by, best first; else wins less losses against the panel.
    measure
        A measure to show, a group of them such as calibration, or all; may be given several times. In html those shown
        at first.
    family
        Only methods of this family: baseline, mixing, pixels, targets, model, loss, combination, contributed or
        external.
    backbone
        Only this backbone; may be given several times.
    explain
        Say how table and markdown are read: resolution, ranks, wins, the panel, flags, published numbers.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS, f"one of {', '.join(FORMATS)}")
    if out is not None:
        check_place("--out", out / "index.html" if format == "html" else out)
    asked = load_suite(suite).digest if suite and suite.endswith(".toml") else suite
    folder = board or (Path(BOARD) if Path(BOARD).is_dir() else runs_folder())
    wanted = _wanted(format, measure or (), sort)
    with collector_paused():
        made = choose(_filled(_home(folder, asked), wanted), asked, backbone or (), family or ())
        _show(made if sort is None else sort_by(made, sort), format, measure, out, explain)


def _home(folder: Path, suite: str | None) -> Path:
    """The folder of a suite that a board has under its name, so that the others' records are not read."""
    own = folder / suite if suite and is_suite(suite) else folder
    return own if any((own / home).is_dir() for home in HOMES) else folder


def _wanted(format: str, measures: Sequence[str], sort: str | None) -> tuple[str, ...] | None:
    """The measures that are shown beside the headline ones, so that no others are computed; None for all."""
    named = [name for word in measures for name in measures_named(word)]
    named += [] if sort is None else [check_measure(sort)]
    few = bool(measures) or format in ("table", "latex")
    return tuple(named) if few and format != "html" else None


def _show(board: Board, format: str, measures: list[str] | None, out: Path | None, explain: bool) -> None:
    chosen = measures_of(board.groups, measures) if measures else None
    if format == "html":
        _page(board, chosen or measures_of(board.groups), out)
    elif format == "table":
        _table(board, chosen, out, explain)
    else:
        _give(TEXTS[format](board, chosen, explain), out)


def _filled(folder: Path, measures: Sequence[str] | None) -> Board:
    board = read_board(folder, SHOWN_HOMES, measures)
    if not board.groups:
        raise MixBenchError(
            f"board {plain(str(folder))}: needed records, got none; 'mixbench eval' makes them, --board names a folder"
        )
    return board


def _markdown(board: Board, measures: Sequence[str] | None, explain: bool) -> str:
    from mixbench.board.markdown import board_markdown

    return board_markdown(board, measures=measures, explain=explain)


def _csv(board: Board, measures: Sequence[str] | None, _: bool) -> str:
    from mixbench.board.plain import csv_text

    return csv_text(board.groups, measures)


def _json(board: Board, measures: Sequence[str] | None, _: bool) -> str:
    from mixbench.board.plain import json_text

    return json_text(board, measures)


def _latex(board: Board, measures: Sequence[str] | None, _: bool) -> str:
    from mixbench.board.latex import latex_text

    return latex_text(board, measures or measures_of(board.groups))


Write = Callable[[Board, Sequence[str] | None, bool], str]
TEXTS: dict[str, Write] = {"markdown": _markdown, "csv": _csv, "json": _json, "latex": _latex}
"""By format, what writes a board as one text."""

FORMATS = ("table", *TEXTS, "html")


def _table(board: Board, measures: tuple[str, ...] | None, out: Path | None, explain: bool) -> None:
    from rich.console import Console

    from mixbench.board.table import board_tables
    from mixbench.report.console import PLAIN_WIDTH, console

    screen = Console(record=True, file=io.StringIO(), width=PLAIN_WIDTH, highlight=False) if out else console()
    for part in board_tables(board, measures or measures_of(board.groups), screen.width, explain):
        screen.print(part)
    if out:
        _give(screen.export_text(), out)


def _give(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    write_file("--out", out, text.encode())


def _page(board: Board, measures: tuple[str, ...], out: Path | None) -> None:
    from mixbench.board.page.page import page_files

    if out is None:
        raise MixBenchError("leaderboard --format html: needed --out FOLDER for the page, got none; add it")
    for name, content in page_files(board, measures=measures).items():
        write_file("--out", out / name, content)
    sys.stdout.write(f"page {plain(str(out / 'index.html'))}\n")
