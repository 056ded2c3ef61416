"""A board in the terminal: one table a suite and backbone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from mixbench.board.leaderboard import Board, Cell, Group, Row
from mixbench.board.published import Published, published_for
from mixbench.board.words import (
    CLAIMED,
    INTERVALS,
    RANKS,
    SIGNS,
    UNRANKED,
    Flag,
    bars,
    flags_in,
    marks,
    no_order,
    number,
    order_rule,
    seeds,
    title,
)
from mixbench.results.found import Status
from mixbench.results.measures import BY_NAME
from mixbench.spec.plain import plain

MOST_BARS = 8
MOST_COLUMNS = 7
"""Measures side by side in one table; more, or more than fit, make further tables."""
NARROW, FOLDED, WIDE = 14, 16, 34
"""Characters a line of a method's name: at least; as many as make room for one more measure; at most."""

CONTRIBUTED, CLAIM = "°", "?"
MOST_PUBLISHED = 30
_SHORT = {"calibration": "calib.", "diagnostics": "diagn."}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def board_tables(board: Board, measures: Sequence[str], width: int) -> Iterator[RenderableType]:
    """Yield what is printed: the tables of each group with its notes, then the published rows that belong to it.

    As many measures stand side by side as `width` has room for, so that no number and no name is cut.
    """
    for group in board.groups:
        flags = flags_in(group.all_rows)
        for names in _side_by_side(group, measures, flags, width):
            yield group_table(group, names, flags)
        for note in _notes(group):
            yield Text(f"{note}.", style="dim")
        for flag in flags:
            yield Text(f"{flag.mark}  {flag.sentence}", style="yellow")
        published = published_for(group.data, board.published)
        if rows := [row for row in published if row.measure in measures]:
            yield published_table(rows, len(published))
    if board.doubles:
        yield Text(f"Left out, since another record has the measurement: {', '.join(map(plain, board.doubles))}.")
    if board.left_out:
        yield Text(f"Left out, since their weights were trained elsewhere: {', '.join(map(plain, board.left_out))}.")


def _side_by_side(group: Group, measures: Sequence[str], flags: Sequence[Flag], width: int) -> Iterator[Sequence[str]]:
    """The measures of each table: the most that fit, spread evenly."""
    own = Console(width=10 * width, file=io.StringIO()).measure(group_table(group, (), flags, FOLDED)).maximum
    widest = max((_width(name, group.all_rows) for name in measures), default=1)
    most = min(MOST_COLUMNS, max(1, (width - own) // widest))
    tables = max(1, -(-len(measures) // most))
    size = max(1, -(-len(measures) // tables))
    yield from (measures[start : start + size] for start in range(0, max(1, len(measures)), size))


def _width(name: str, rows: Sequence[Row]) -> int:
    """Of a measure's column, with the space before it."""
    cells = (str(_cell(name, row.cells.get(name))) for row in rows)
    return 1 + max(map(cell_len, (*_header(name).splitlines(), *cells)))


def group_table(group: Group, measures: Sequence[str], flags: Sequence[Flag], widest: int = WIDE) -> Table:
    """Draw the rows of a group: means in percent, rank raised beside each, the best of a column bold with a star."""
    table = Table(title=Text(title(group)), title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("method", overflow="fold", min_width=NARROW, max_width=widest)
    table.add_column("seeds", justify="right", no_wrap=True)
    order = _order_cells(group)
    if order:
        table.add_column("order", no_wrap=True)
    for name in measures:
        table.add_column(_header(name), justify="right", no_wrap=True)
    if flags:
        table.add_column("flags")
    order += [""] * len(group.unranked) if order else []
    for place, row in enumerate(group.all_rows):
        if place == len(group.rows):
            table.add_section()
        first = [Text(_label(row)), seeds(row), *([order[place]] if order else [])]
        cells = [_cell(name, row.cells.get(name)) for name in measures]
        table.add_row(*first, *cells, *([marks(row, flags)] if flags else []))
    return table


def _label(row: Row) -> str:
    return f"{row.label}{CONTRIBUTED if row.contributed else ''}{CLAIM if row.status is Status.CLAIMED else ''}"


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
    if any(row.status is Status.CLAIMED for row in group.unranked):
        marked += f". {CLAIM}: {CLAIMED}"
    if any(row.contributed for row in group.all_rows):
        marked += f". {CONTRIBUTED}: contributed, a method that MixBench does not ship"
    return [
        marked,
        f"Raised: rank. {RANKS}",
        order + bars_said,
        *([f"Last rows: {UNRANKED}"] if group.unranked else []),
    ]


def published_table(rows: Sequence[Published], whole: int) -> Table:
    """Draw published numbers apart from measured ones: their own source, backbone and setting; never ranked."""
    table = Table(title="Published, not measured here and not ranked", title_justify="left", box=None, pad_edge=False)
    for column in ("method", "measure", "percent", "backbone", "setting", "source"):
        table.add_column(column, overflow="fold", justify="right" if column == "percent" else "left")
    for row in rows[:MOST_PUBLISHED]:
        setting = "; ".join(filter(None, (row.setting, row.note)))
        cells = (row.augmentation, row.measure, f"{row.percent:g}", row.backbone, setting, f"{row.source}, {row.where}")
        table.add_row(*(Text(plain(cell)) for cell in cells))
    if whole > len(rows[:MOST_PUBLISHED]):
        table.caption = f"{whole - len(rows[:MOST_PUBLISHED])} more by --format markdown or json."
    return table
