"""A group's columns and wins: the panel's statistics, applied to every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from mixbench.board.columns import Entry, make_column
from mixbench.board.evidence import Tables
from mixbench.board.rows import Cell, Head
from mixbench.compare import Column, Components, Headline, NetWins, board_prior, components, net_wins
from mixbench.compare import Row as Known
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, HEADLINE, Direction

NO_PANEL = "fewer than two rows of the panel have it, of three seeds and with their outcomes, or seeds change nothing"
NOTHING = 1e-18
"""Of a variance over seeds that is rounding's alone."""


@dataclass(frozen=True, eq=False)
class Entrant:
    """A row before it is ranked: records, tables by measure, whether it is ranked and is compared seed by seed."""

    label: str
    records: Sequence[Found]
    ranked: bool
    compared: bool
    tables: Tables = field(default_factory=dict)

    @property
    def headline(self) -> int:
        """How many headline measures it has."""
        return sum(name in self.tables for name in HEADLINE)

    def entry(self, measure: str) -> Entry:
        """Return the row as one column sees it."""
        return Entry(self.label, self.records, self.ranked, self.table(measure) if measure in self.tables else None)

    def table(self, measure: str) -> Float[np.ndarray, "s n"]:
        """Return what its examples contribute to a measure that it has."""
        return self.tables[measure].astype(np.float64)

    def size(self, measure: str) -> int:
        """Return of how many examples it has the measure."""
        return self.tables[measure].shape[1] if measure in self.tables else 0


class Columns(NamedTuple):
    """The heads by measure, the cells of each row, its wins and losses, and the measures that these are over."""

    heads: dict[str, Head]
    cells: list[dict[str, Cell]]
    net: list[NetWins | None]
    headline: tuple[str, ...]


def make_columns(rows: Sequence[Entrant], panel: Sequence[int], measures: Sequence[str]) -> Columns:
    """Return what a group can tell in some measures, the headline ones among them; `panel` has places of rows."""
    tables = [row.tables for row in rows]
    found = {name: made for name in measures if (made := panel_components(tables, panel, name))}
    prior = board_prior([found[name][0] for name in HEADLINE if name in found])
    columns = {
        name: Column(part, prior, zero=BY_NAME[name].direction is Direction.ZERO) for name, (part, _) in found.items()
    }
    known = {name: _known(name, column, rows, found[name][1]) for name, column in columns.items()}
    heads, cells = {}, [dict[str, Cell]() for _ in rows]
    for name in measures:
        entries = [row.entry(name) for row in rows]
        head, made = make_column(name, entries, columns.get(name), known.get(name, [None] * len(rows)), NO_PANEL)
        for mine, cell in zip(cells, made, strict=True):
            if cell:
                mine[name] = cell
        if any(made):
            heads[name] = head
    whole = tuple(name for name in HEADLINE if name in found and len(found[name][1]) == len(panel))
    return Columns(heads, cells, _net(rows, panel, {name: (columns[name], known[name]) for name in whole}), whole)


def panel_components(tables: Sequence[Tables], panel: Sequence[int], name: str) -> tuple[Components, list[int]] | None:
    """Return a measure's variance components, and the places of the panel that have it.

    They have it of as many examples as the first that has it. None where there are fewer than two, or no seed moves it.
    """
    there = [place for place in panel if name in tables[place]]
    there = [place for place in there if tables[place][name].shape[1] == tables[there[0]][name].shape[1]]
    if len(there) < 2:
        return None
    made = components([tables[place][name].astype(np.float64) for place in there])
    return (made, there) if made.seed > NOTHING * made.examples else None


def _known(name: str, column: Column, rows: Sequence[Entrant], panel: Sequence[int]) -> list[Known | None]:
    """What is known of each row beside the panel; None without outcomes of the same examples."""
    own = dict(zip(panel, column.rows, strict=True))
    return [
        own[place] if place in own
        else column.row(row.table(name)) if row.size(name) == column.panel.examples else None
        for place, row in enumerate(rows)
    ]  # fmt: skip


def _net(
    rows: Sequence[Entrant], panel: Sequence[int], columns: Mapping[str, tuple[Column, Sequence[Known | None]]]
) -> list[NetWins | None]:
    """The wins of rows that have seeds from 0 on and every headline measure of the panel."""
    whole = [place for place, row in enumerate(rows) if row.compared and place not in panel]
    places = [*panel, *(place for place in whole if all(known[place] for _, known in columns.values()))]
    if not columns:
        return [None] * len(rows)
    made = net_wins([
        Headline(
            column,
            [row for place in places if (row := known[place])],
            [rows[place].table(name).mean(axis=0) for place in places],
            BY_NAME[name].over,
        )
        for name, (column, known) in columns.items()
    ])  # fmt: skip
    found = dict(zip(places, made, strict=True))
    return [found.get(place) for place in range(len(rows))]
