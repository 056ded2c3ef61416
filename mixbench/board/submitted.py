"""The rows of a board that some of its records belong to, for whoever submitted them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mixbench.board.choose import measures_of
from mixbench.board.escape import text
from mixbench.board.leaderboard import SHOWN_HOMES
from mixbench.board.markdown import rows_table
from mixbench.board.read import read_board
from mixbench.board.rows import Group, Row
from mixbench.board.words import INTERVALS, RANKS, bounds, flags_in, number, status, title, wins
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def rows_markdown(records: Sequence[Path]) -> str:
    """Return the rows that records belong to as Markdown; MixBenchError for a record that lies on no board."""
    parts = [f"### {text(title(group))}\n\n{_table(group)}" for group, _ in _groups(records)]
    return "\n\n".join([*parts, f"{INTERVALS}. Raised: {RANKS[0].lower()}{RANKS[1:]}."]) + "\n"


def _table(group: Group) -> str:
    rows = group.all_rows
    return rows_table(group, rows, measures_of([group]), flags_in(rows), intervals=True, statuses=True)


def rows_text(records: Sequence[Path]) -> str:
    """Return the same rows as plain text, a line a measure; errors as above."""
    parts = [
        "\n".join([f"{title(group)}, {of} row(s)", *(line for row in group.all_rows for line in _lines(row, group))])
        for group, of in _groups(records)
    ]
    return "\n\n".join([*parts, f"{INTERVALS}."]) + "\n"


def _groups(records: Sequence[Path]) -> Iterator[tuple[Group, int]]:
    """The groups with only the rows asked for, and how many rows each had."""
    wanted: dict[Path, set[str]] = {}
    for path in records:
        if path.parent.name not in SHOWN_HOMES or not path.is_file():
            raise MixBenchError(
                f"record {path}: needed a record on a board, in {' or '.join(SHOWN_HOMES)}/, got none there"
            )
        wanted.setdefault(path.parent.parent, set()).add(path.name)
    for folder, names in sorted(wanted.items()):
        for group in read_board(folder).groups:
            rows, unranked = (
                tuple(row for row in rows if any(found.path.name in names for found in row.records + row.further))
                for rows in (group.rows, group.unranked)
            )
            if rows or unranked:
                yield replace(group, rows=rows, unranked=unranked), len(group.all_rows)


def _lines(row: Row, group: Group) -> Iterator[str]:
    contributed = ", contributed" if row.contributed else ""
    yield f"  {row.label}{contributed}, {len(row.records)} seed(s), {status(row)}, wins/losses {wins(row)}"
    for name in measures_of([group]):
        if name in row.cells:
            cell = row.cells[name]
            rank = f"rank {cell.rank}" if cell.rank else ""
            best = " best" if cell.best else ""
            line = f"    {name:<28}{number(name, cell.value):>8} {bounds(name, cell):<16} {rank}{best}"
            yield line.rstrip()
    for flag in row.flags:
        yield f"    flag: {plain(flag)}"
