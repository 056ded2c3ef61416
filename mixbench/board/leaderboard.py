"""From records to a board: one row an (augmentation, backbone) within each group that may be compared."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mixbench.board.grouping import group_key, make_group
from mixbench.board.published import Published
from mixbench.board.rows import Board, Cell, Describe, Description, Group, Row, as_written
from mixbench.results.found import CLAIMS, RECORDS, Found, Status, collector_paused, read_records
from mixbench.results.measures import HEADLINE, MEASURES
from mixbench.results.record import identity
from mixbench.spec.errors import MixBenchError
from mixbench.spec.places import given_path
from mixbench.spec.plain import shown

if TYPE_CHECKING:
    import pandas as pd

SHOWN_HOMES = (RECORDS, CLAIMS)
"""The folders of a board whose records are shown."""

__all__ = [
    "SHOWN_HOMES",
    "Board",
    "Cell",
    "Description",
    "Found",
    "Group",
    "Row",
    "build",
    "columns",
    "frame",
    "leaderboard",
    "table",
]


def build(
    found: Sequence[Found],
    published: Sequence[Published] = (),
    describe: Describe = as_written,
    measures: Collection[str] | None = None,
) -> Board:
    """Make a board of records; `measures` are those that rows have beside the headline ones, all where None.

    Of records of one measurement one is there: verified ones stay before claimed ones, among equals the one with the
    smaller digest.
    """
    groups: dict[tuple[str | int, ...], list[Found]] = defaultdict(list)
    doubles, there = [], set()
    for each in sorted(found, key=lambda each: (_STATUSES.index(each.status), each.record.digest)):
        if (one := _identity(each)) in there:
            doubles.append(each.path.name)
        else:
            there.add(one)
            groups[group_key(each.record)].append(each)
    names = [name for name in NAMES if measures is None or name in (*measures, *HEADLINE)]
    with collector_paused():
        made = [make_group(groups[key], describe, names) for key in sorted(groups)]
    return Board(tuple(made), tuple(published), tuple(sorted(doubles)))


_STATUSES = tuple(Status)


def _identity(found: Found) -> str:
    """Weights from elsewhere that have no name are told apart by what they are."""
    nameless = found.status is Status.EXTERNAL and found.record.name is None
    return found.record.digest if nameless else identity(found.record)


def leaderboard(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the records of a board, a suite's folder in it or a runs folder into a pandas DataFrame.

    One row an (augmentation, backbone): every measure's mean over seeds under its name, then its .low and .high; NaN
    where it is missing. The columns are those of `mixbench leaderboard --format csv`. MixBenchError where
    there is no folder or a record cannot be read.
    """
    folder = given_path(path, "leaderboard")
    if not folder.is_dir():
        raise MixBenchError(f"leaderboard {shown(folder)}: needed a folder of records, got none there; mind the path")
    return frame(build(read_records(folder, SHOWN_HOMES)))


def frame(board: Board | Iterable[Group]) -> pd.DataFrame:
    """Return one row an (suite, augmentation, backbone): whose it is, every measure's mean, then its .low and .high.

    The columns are the same whatever is on the board; missing is NaN.
    """
    import pandas as pd

    made = pd.DataFrame(table(board), columns=columns())
    numbers = columns()[len(FIRST) :]
    return made.astype(dict.fromkeys(numbers, float))


FIRST = (
    "suite", "suite_version", "suite_digest", "battery_version", "augmentation", "backbone", "seeds", "status"
)  # fmt: skip
"""What the first columns of `frame` say of a row."""

NAMES = tuple(measure.name for measure in MEASURES)


def columns() -> list[str]:
    """Return the columns of `frame`."""
    return [*FIRST, *NAMES, *(f"{name}.{end}" for name in NAMES for end in ("low", "high"))]


def several_versions(group: Group) -> bool:
    """Whether rows of one augmentation are told apart by their methods' versions only."""
    return max(Counter((row.augmentation, row.status) for row in group.all_rows).values(), default=0) > 1


def table(board: Board | Iterable[Group]) -> list[dict[str, Any]]:
    """Return the rows of `frame` by column; a missing cell or bound has no key."""
    return [_entries(row) for group in _groups(board) for row in group.all_rows]


def _entries(row: Row) -> dict[str, Any]:
    entries: dict[str, Any] = {name: getattr(row, name) for name in FIRST[:6]}
    entries |= {"seeds": len(row.records), "status": row.status.value}
    for name, cell in row.cells.items():
        bounds = {name: cell.value, f"{name}.low": cell.low, f"{name}.high": cell.high}
        entries |= {column: value for column, value in bounds.items() if value is not None}
    return entries


def versions_of(row: Row) -> dict[str, int | str]:
    """Return the versions of a row's methods, which all of its records share."""
    return row.records[0].record.method_versions


def _groups(board: Board | Iterable[Group]) -> tuple[Group, ...]:
    return board.groups if isinstance(board, Board) else tuple(board)
