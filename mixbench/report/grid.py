"""The one table of the terminal: whole where there is room, and on narrow screens without cutting a name or a number.

What gives way, in this order: heads and prose wrap at their words, columns go, cells take their short form, the first
column gets lines of its own, every cell does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from mixbench.spec.plain import plain

GAP = 2
PROSE = 24
"""Columns that prose keeps where it wraps."""
_MOST = 100_000

Cell = str | tuple[str, str]
"""A text, or a whole one and a shorter one."""


@dataclass(frozen=True)
class Column:
    """A column: numbers stand to the `right`, `prose` wraps, and of what has a `drop` the highest goes first."""

    head: str
    right: bool = False
    prose: bool = False
    drop: int = 0


class Row(NamedTuple):
    """A row's cells, its style, and the places of cells that are bold; a row of one cell is a heading."""

    cells: tuple[Cell, ...]
    style: str = ""
    bold: Collection[int] = ()


class Line(NamedTuple):
    """A line as it is printed: its text, its style, and where it is bold."""

    text: str
    style: str = ""
    bold: Sequence[tuple[int, int]] = ()


@dataclass
class Grid:
    """A table to print: a title over it, notes under it, each wrapped at its words; `gap` blanks between columns."""

    columns: Sequence[Column]
    title: str = ""
    notes: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    gap: int = GAP

    def add(self, *cells: Cell, style: str = "", bold: Collection[int] = ()) -> None:
        """Add a row with a cell a column, of which those at some places are bold."""
        self.rows.append(Row(cells, style, bold))

    def heading(self, text: str) -> None:
        """Add a heading over the rows that follow."""
        self.rows.append(Row((text,), "bold"))

    @property
    def width(self) -> int:
        """How wide it is where there is room."""
        most = [self._bounds(place, short=False)[1] for place in range(len(self.columns))]
        return sum(most) + self.gap * (len(most) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines that fit, without blanks at their ends."""
        width = options.max_width
        for line in self.title.splitlines():
            yield from (_line(part, "italic") for part in wrapped(line, width))
        yield from (_line(*line) for line in self._body(width))
        for note in self.notes:
            yield from (_line(part, "dim") for part in wrapped(note, width))

    def _body(self, width: int) -> Iterator[Line]:
        kept = list(range(len(self.columns)))
        for level in [*sorted({column.drop for column in self.columns if column.drop}, reverse=True), 0]:
            if widths := self._widths(kept, width, short=False):
                return self._table(kept, widths, short=False)
            kept = [place for place in kept if not level or self.columns[place].drop < level]
        if widths := self._widths(kept, width, short=True):
            return self._table(kept, widths, short=True)
        for short in (False, True):
            if widths := self._widths(kept[1:], width - GAP, short):
                return self._table(kept[1:], widths, short, GAP * " ")
        return self._stacked(width)

    def _widths(self, places: Sequence[int], width: int, short: bool) -> list[int] | None:
        """How wide each column gets, its heads wrapped where they must; None where it does not fit."""
        bounds = [self._bounds(place, short) for place in places]
        least, most = [least for least, _ in bounds], [most for _, most in bounds]
        spare = width - self.gap * (len(places) - 1) - sum(least)
        if spare < 0 or not places:
            return None
        widths = list(least)
        for at in sorted(range(len(places)), key=lambda at: self.columns[places[at]].prose):
            more = min(spare, most[at] - least[at])
            widths[at], spare = widths[at] + more, spare - more
        return widths

    def _bounds(self, place: int, short: bool) -> tuple[int, int]:
        column = self.columns[place]
        texts = [_chosen(row.cells[place], short) for row in self.rows if len(row.cells) > 1]
        lines = max((cell_len(line) for text in texts for line in text.splitlines()), default=0)
        words = max((cell_len(word) for text in texts for word in text.split()), default=0)
        least = max(words, min(lines, PROSE)) if column.prose else lines
        head_word = max((cell_len(word) for word in column.head.split()), default=0)
        head_line = max((cell_len(line) for line in column.head.splitlines()), default=0)
        return max(least, head_word), max(lines, head_line)

    def _table(self, places: Sequence[int], widths: Sequence[int], short: bool, indent: str = "") -> Iterator[Line]:
        heads = [_folded(self.columns[place].head, width) for place, width in zip(places, widths, strict=True)]
        tallest = max(map(len, heads))
        head = [[""] * (tallest - len(lines)) + lines for lines in heads]
        yield from self._lines(places, widths, head, Row((), "bold"), indent)
        yield Line(indent + "─" * (sum(widths) + self.gap * (len(widths) - 1)), "dim")
        for row in self.rows:
            if len(row.cells) == 1 or indent:
                yield Line(_chosen(row.cells[0], short), row.style)
            if len(row.cells) > 1:
                blocks = [self._block(row, place, width, short) for place, width in zip(places, widths, strict=True)]
                yield from self._lines(places, widths, blocks, row, indent)

    def _block(self, row: Row, place: int, width: int, short: bool) -> list[str]:
        text = _chosen(row.cells[place], short)
        return _folded(text, width) if self.columns[place].prose else text.splitlines()

    def _lines(
        self, places: Sequence[int], widths: Sequence[int], blocks: Sequence[Sequence[str]], row: Row, indent: str
    ) -> Iterator[Line]:
        for at in range(max(map(len, blocks))):
            text, bold = indent, []
            for place, width, block in zip(places, widths, blocks, strict=True):
                cell = _padded(block[at] if at < len(block) else "", width, self.columns[place].right)
                bold += [(len(text), len(text) + len(cell))] if place in row.bold else []
                text += cell + " " * self.gap
            yield Line(text, row.style, bold)

    def _stacked(self, width: int) -> Iterator[Line]:
        for row in self.rows:
            yield Line(_chosen(row.cells[0], short=False), "bold")
            for column, cell in zip(self.columns[1:], row.cells[1:], strict=len(row.cells) > 1):
                head, text = " ".join(column.head.split()), _chosen(cell, short=False).strip().replace("\n", "; ")
                for line in wrapped(f"{head}: {text}" if head else text, width - GAP) if text else ():
                    yield Line(f"{' ' * GAP}{line}", row.style)


@dataclass(frozen=True)
class Prose:
    """A text to print, wrapped at its words, without blanks at the ends of lines."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        yield from (_line(line, self.style) for line in _folded(self.text, options.max_width))


def wrapped(text: str, width: int) -> list[str]:
    """Break a text at its spaces into lines of at most so many columns; a longer word stays whole."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cell_len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _folded(text: str, width: int) -> list[str]:
    return [part for line in text.splitlines() for part in wrapped(line, width)]


def _chosen(cell: Cell, short: bool) -> str:
    text = cell if isinstance(cell, str) else cell[short]
    return "\n".join(plain(line, _MOST) for line in text.splitlines())


def _padded(text: str, width: int, right: bool) -> str:
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _line(text: str, style: str, bold: Sequence[tuple[int, int]] = ()) -> Text:
    line = Text(plain(text.rstrip(), _MOST), style=style, no_wrap=True, overflow="ignore")
    for start, end in bold:
        line.stylize("bold", start, end)
    return line
