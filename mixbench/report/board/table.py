"""A board in the terminal: one table a suite and backbone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mixbench.report.board.words import (
    INTERVALS,
    RANKS,
    SIGNS,
    Flag,
    bars,
    flags_in,
    marks,
    no_order,
    number,
    order_rule,
    title,
)
from mixbench.results.leaderboard import Board, Cell, Group, Row
from mixbench.results.measures import BY_NAME
from mixbench.results.published import Published, published_for
from mixbench.spec.plain import plain

MOST_BARS = 8
MOST_COLUMNS = 7
"""Measures side by side in one table; more make further tables."""

CONTRIBUTED = "°"
MOST_PUBLISHED = 30
_SHORT = {"calibration": "calib.", "diagnostics": "diagn."}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def board_tables(board: Board, measures: Sequence[str]) -> Iterator[RenderableType]:
    """Yield what is printed: the tables of each group with its notes, then the published rows that belong to it."""
    for group in board.groups:
        flags = flags_in(group.rows)
        for start in range(0, max(1, len(measures)), MOST_COLUMNS):
            yield group_table(group, measures[start : start + MOST_COLUMNS], flags)
        for note in _notes(group):
            yield Text(f"{note}.", style="dim")
        for flag in flags:
            yield Text(f"{flag.mark}  {flag.sentence}", style="yellow")
        published = published_for(group.data, board.published)
        if rows := [row for row in published if row.measure in measures]:
            yield published_table(rows, len(published))
    if board.left_out:
        yield Text(f"Left out, since their weights were trained elsewhere: {', '.join(map(plain, board.left_out))}.")


def group_table(group: Group, measures: Sequence[str], flags: Sequence[Flag]) -> Table:
    """Draw the rows of a group: means in percent, rank raised beside each, the best of a column bold with a star."""
    table = Table(title=Text(title(group)), title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("method", overflow="fold", max_width=34)
    table.add_column("seeds", justify="right")
    order = _order_cells(group)
    if order:
        table.add_column("order", no_wrap=True)
    for name in measures:
        table.add_column(_header(name), justify="right", no_wrap=True)
    if flags:
        table.add_column("flags")
    for place, row in enumerate(group.rows):
        first = [escape(_label(row)), str(len(row.seeds)), *([order[place]] if order else [])]
        cells = [_cell(name, row.cells.get(name)) for name in measures]
        table.add_row(*first, *cells, *([marks(row, flags)] if flags else []))
    return table


def _label(row: Row) -> str:
    return f"{row.label}{CONTRIBUTED}" if row.contributed else row.label


def _order_cells(group: Group) -> list[str]:
    """The average rank of each row and, where they are few, the bars of the critical-difference diagram."""
    if group.order is None:
        return []
    few = len(group.order.joined) <= MOST_BARS
    drawn = zip(group.order.average, bars(group.order), strict=True)
    cells = [f"{average:.1f} {bar if few else ''}" for average, bar in drawn]
    return cells + [""] * (len(group.rows) - len(cells))


def _header(name: str) -> str:
    """A measure's name over several lines, with its direction."""
    words = re.split(r"[._]", name.replace("_error", ""))
    return "\n".join([*(_SHORT.get(word, word) for word in words), SIGNS[BY_NAME[name].direction]])


def _cell(name: str, cell: Cell | None) -> str | Text:
    if cell is None:
        return ""
    rank = str(cell.rank).translate(_RAISED) if cell.rank else ""
    text = f"{number(name, cell.value)}{'*' if cell.best else ''}"
    padded = f"{text}{'' if cell.best else ' '}{rank:<2}"
    return Text(padded, style="bold") if cell.best else padded


def _notes(group: Group) -> list[str]:
    order = order_rule(group.order) if group.order else no_order()
    bars_said = "; bars join what it does not tell apart" if group.order else ""
    marked = f"{INTERVALS}. *: best mean of the column"
    if any(row.contributed for row in group.rows):
        marked += f". {CONTRIBUTED}: contributed, a method from its submitter's own file"
    return [marked, f"Raised: rank. {RANKS}", order + bars_said]


def published_table(rows: Sequence[Published], whole: int) -> Table:
    """Draw published numbers apart from measured ones: their own source, backbone and setting; never ranked."""
    table = Table(title="Published, not measured here and not ranked", title_justify="left", box=None, pad_edge=False)
    for column in ("method", "measure", "percent", "backbone", "setting", "source"):
        table.add_column(column, overflow="fold", justify="right" if column == "percent" else "left")
    for row in rows[:MOST_PUBLISHED]:
        setting = "; ".join(filter(None, (row.setting, row.note)))
        cells = (row.augmentation, row.measure, f"{row.percent:g}", row.backbone, setting, f"{row.source}, {row.where}")
        table.add_row(*(escape(plain(cell)) for cell in cells))
    if whole > len(rows[:MOST_PUBLISHED]):
        table.caption = f"{whole - len(rows[:MOST_PUBLISHED])} more by --format markdown or json."
    return table
