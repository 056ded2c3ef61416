"""A board in the terminal: one table a suite and backbone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from mixbench.board.members import NOT_RANKED
from mixbench.board.published import Published, published_for
from mixbench.board.rows import Board, Cell, Group, Row
from mixbench.board.words import (
    INTERVALS,
    RANKS,
    RESOLUTION,
    SIGNS,
    WINS,
    Flag,
    bars,
    bounds,
    flags_in,
    head_lines,
    head_titles,
    marks,
    moved,
    number,
    panel_said,
    seeds,
    sorting,
    title,
    wins,
)
from mixbench.report.grid import Column, Grid, Prose
from mixbench.results.found import Status
from mixbench.results.measures import BY_NAME
from mixbench.spec.plain import plain

MOST_BARS = 8
MOST_COLUMNS = 7
"""Measures side by side in one table; more, or more than fit, make further tables."""
NARROW, WIDE = 14, 34
"""Columns of a line of a method's name: at least, at most."""

CONTRIBUTED = "°"
MARKS = {Status.CLAIMED: "?", Status.EXTERNAL: "!"}
MOST_PUBLISHED = 30
_SHORT = {"calibration": "calib.", "diagnostics": "diagn.", "between": "betw."}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def board_tables(board: Board, measures: Sequence[str], width: int, explain: bool = False) -> Iterator[Grid | Prose]:
    """Yield what is printed: each group's tables with two lines of notes, or with everything that explains them.

    As many measures stand side by side as `width` has room for, so that no number and no name is cut; intervals stand
    where all have room beside one another.
    """
    for group in board.groups:
        flags = flags_in(group.all_rows)
        for shape in _shapes(group, measures, flags, width):
            yield group_table(group, shape, flags)
        for note in _notes(group, flags):
            yield Prose(note, "dim")
        if explain:
            yield from _explained(group, flags)
        published = published_for(group.data, board.published)
        if explain and (rows := [row for row in published if row.measure in measures]):
            yield published_table(rows, len(published))
    if board.doubles:
        yield Prose(f"Left out, since another record has the measurement: {', '.join(map(plain, board.doubles))}.")


class Shape(NamedTuple):
    """What of a group one table shows: measures, whether with intervals, and how wide a method's name may be."""

    measures: Sequence[str]
    intervals: bool = False
    widest: int = WIDE


def _shapes(group: Group, measures: Sequence[str], flags: Sequence[Flag], width: int) -> Iterator[Shape]:
    """The tables of a group: one with intervals where that fits, else the most measures that fit, spread evenly."""
    room = width - group_table(group, Shape((), widest=NARROW), flags).width
    for intervals in (True, False):
        widths = {name: _width(name, group, intervals) for name in measures}
        if len(measures) <= MOST_COLUMNS and sum(widths.values()) <= room:
            yield Shape(measures, intervals, _widest(room - sum(widths.values())))
            return
    most = min(MOST_COLUMNS, max(1, room // max(widths.values(), default=1)))
    tables = max(1, -(-len(measures) // most))
    size = max(1, -(-len(measures) // tables))
    for start in range(0, max(1, len(measures)), size):
        part = measures[start : start + size]
        yield Shape(part, widest=_widest(room - sum(widths[name] for name in part)))


def _widest(spare: int) -> int:
    return min(WIDE, NARROW + max(spare, 0))


def _width(name: str, group: Group, intervals: bool) -> int:
    """Of a measure's column, with the space before it."""
    cells = (_cell(name, row.cells.get(name), intervals) for row in group.all_rows)
    return 1 + max(map(cell_len, (*_header(name, group).splitlines(), *cells)))


def group_table(group: Group, shape: Shape, flags: Sequence[Flag]) -> Grid:
    """Draw the rows of a group: means in percent, rank raised beside each, the best of a column bold with a star.

    The head ends with what each column can tell.
    """
    joined = _bars(group)
    titles = head_titles(shape.measures) if shape.measures else ()
    # What stands beside the titles is empty in these columns.
    below = "\n" * (len(titles) + 1)
    columns = [Column("\n".join(["method", *titles]))]
    columns += [Column(head + below, right=True) for head in ("seeds", "wins/\nlosses")] + [Column("")] * bool(joined)
    first = len(columns)
    columns += [Column(_header(name, group), right=True) for name in shape.measures]
    table = Grid(columns, title(group), gap=1)
    for place, row in enumerate(group.all_rows):
        bar = [joined[place] if place < len(joined) else ""] if joined else []
        cells = [_cell(name, row.cells.get(name), shape.intervals) for name in shape.measures]
        flagged = f" †{found}" if (found := marks(row, flags)) else ""
        label = "\n".join(chop_cells(plain(_label(row) + flagged), shape.widest))
        best = [first + at for at, name in enumerate(shape.measures) if name in row.cells and row.cells[name].best]
        table.add(label, seeds(row), wins(row), *bar, *cells, bold=best)
    return table


def _label(row: Row) -> str:
    return f"{row.label}{CONTRIBUTED if row.contributed else ''}{MARKS.get(row.status, '')}"


def _bars(group: Group) -> list[str]:
    """For rows sorted by a measure, the bars that join those it does not tell apart, where they are few."""
    head = group.columns.get(group.sorted_by)
    few = head is not None and 0 < len(head.bands) <= MOST_BARS
    return bars([row.label for row in group.rows], head.bands) if head and few else []


def _header(name: str, group: Group) -> str:
    """A measure's name over several lines, with its direction and what its column can tell."""
    words = [_SHORT.get(word, word) for word in re.split(r"[._]", name.replace("_error", ""))]
    return "\n".join([*words, SIGNS[BY_NAME[name].direction], *head_lines(group.columns.get(name))])


def _cell(name: str, cell: Cell | None, intervals: bool) -> str:
    if cell is None:
        return "–"
    rank = str(cell.rank).translate(_RAISED) if cell.rank else ""
    between = f" {found}" if intervals and (found := bounds(name, cell)) else ""
    return f"{number(name, cell.value)}{'*' * cell.best + rank:<2}{between}"


def _notes(group: Group, flags: Sequence[Flag]) -> tuple[str, str]:
    """Two lines: what the rows are sorted by, and what the marks are."""
    marked = ["Percent", "raised: rank, equal ones are ties", "*: best mean"]
    there = {row.status for row in group.unranked}
    marked += [f"{mark}: {NOT_RANKED[status]}" for status, mark in MARKS.items() if status in there]
    marked += ["†: flags"] if flags else []
    marked += [f"{CONTRIBUTED}: contributed"] if any(row.contributed for row in group.all_rows) else []
    return f"{sorting(group)}.{_below(group)}", f"{'; '.join(marked)}. More: --explain"


def _below(group: Group) -> str:
    """Why the last rows have neither wins nor ranks, unless a mark says it or no row has them."""
    few = sum(row.status not in MARKS for row in group.unranked)
    if not group.rows or not group.unranked:
        return ""
    if few == len(group.unranked):
        return " The last rows lack seeds 0, 1, 2: not ranked."
    return f" The last rows are not ranked{', some for want of seeds 0, 1, 2' if few else ''}."


def _explained(group: Group, flags: Sequence[Flag]) -> Iterator[Prose]:
    for said in (RESOLUTION, moved(group), RANKS, WINS, panel_said(group.panel), INTERVALS):
        if said:
            yield Prose(f"{said}.", "dim")
    for row in group.all_rows:
        if row.notes:
            yield Prose(f"{_label(row)}: {'; '.join(row.notes)}.", "dim")
    for flag in flags:
        yield Prose(f"{flag.mark}  {flag.sentence}", "yellow")


def published_table(rows: Sequence[Published], whole: int) -> Grid:
    """Draw published numbers apart from measured ones: their own source, backbone and setting; never ranked."""
    names = ("method", "measure", "percent", "backbone", "setting", "source")
    columns = [Column(name, right=name == "percent", prose=name not in ("measure", "percent")) for name in names]
    table = Grid(columns, "Published, not measured here and not ranked")
    for row in rows[:MOST_PUBLISHED]:
        setting = "; ".join(filter(None, (row.setting, row.note)))
        table.add(
            row.augmentation, row.measure, f"{row.percent:g}", row.backbone, setting, f"{row.source}, {row.where}"
        )
    if whole > len(rows[:MOST_PUBLISHED]):
        table.notes.append(f"{whole - len(rows[:MOST_PUBLISHED])} more by --format markdown or json.")
    return table
