"""From records to a board: one row an (augmentation, backbone) within each group that may be compared."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixbench.board.grouping import group_key, make_group
from mixbench.board.published import Published
from mixbench.board.rows import Board, Cell, Describe, Description, Group, Row, as_written
from mixbench.results.found import CLAIMS, RECORDS, Found, Status, collector_paused, read_records
from mixbench.results.measures import MEASURES
from mixbench.results.record import identity

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


def build(found: Sequence[Found], published: Sequence[Published] = (), describe: Describe = as_written) -> Board:
    """Make a board of records.

    Records of weights that were trained elsewhere have no seed and are left out by name. So is all but one of records
    of one measurement: verified ones stay before claimed ones, among equals the one with the smaller digest.
    """
    groups: dict[tuple[str | int, ...], list[Found]] = defaultdict(list)
    left_out, doubles, there = [], [], set()
    for each in sorted(found, key=lambda each: (_STATUSES.index(each.status), each.record.digest)):
        if each.status is Status.EXTERNAL:
            left_out.append(each.path.name)
        elif (one := identity(each.record)) in there:
            doubles.append(each.path.name)
        else:
            there.add(one)
            groups[group_key(each.record)].append(each)
    with collector_paused():
        made = [make_group(groups[key], describe) for key in sorted(groups)]
    return Board(tuple(made), tuple(published), tuple(sorted(left_out)), tuple(sorted(doubles)))


_STATUSES = tuple(Status)


def leaderboard(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the records of a board, a suite's folder in it or a runs folder into a pandas DataFrame.

    One row an (augmentation, backbone): every measure's mean over seeds under its name, then its .low and .high; NaN
    where it is missing. The columns are those of `mixbench leaderboard --format csv`. MixBenchError where a
    record cannot be read.
    """
    return frame(build(read_records(Path(path), SHOWN_HOMES)))


def frame(board: Board | Iterable[Group]) -> pd.DataFrame:
    """Return one row an (augmentation, backbone): seeds, status, every measure's mean, then its .low and .high.

    Missing is NaN. Where groups of several suites or batteries are together, the last columns say which is which; where
    rows of one group differ in their methods' versions only, the very last does.
    """
    import pandas as pd

    groups = _groups(board)
    return pd.DataFrame(table(groups), columns=columns(groups))


def columns(board: Board | Iterable[Group]) -> list[str]:
    """Return the columns of `frame`."""
    groups = _groups(board)
    there = {name for group in groups for row in group.all_rows for name in row.cells}
    names = [measure.name for measure in MEASURES if measure.name in there]
    bounds = [f"{name}.{end}" for name in names for end in ("low", "high")]
    several = len({(group.suite_digest, group.battery_version) for group in groups}) > 1
    versions = [VERSIONS] if any(map(several_versions, groups)) else []
    return ["augmentation", "backbone", "seeds", "status", *names, *bounds, *(_WHICH if several else ()), *versions]


VERSIONS = "method_versions"


def several_versions(group: Group) -> bool:
    """Whether rows of one augmentation are told apart by their methods' versions only."""
    return max(Counter((row.augmentation, row.status) for row in group.all_rows).values(), default=0) > 1


_WHICH = ("suite", "suite_version", "suite_digest", "battery_version")


def table(board: Board | Iterable[Group]) -> list[dict[str, Any]]:
    """Return the rows of `frame` by column; a missing cell or bound has no key."""
    return [_entries(row) for group in _groups(board) for row in group.all_rows]


def _entries(row: Row) -> dict[str, Any]:
    entries = {"augmentation": row.augmentation, "backbone": row.backbone}
    entries |= {"seeds": len(row.seeds), "status": row.status.value}
    entries |= {name: cell.value for name, cell in row.cells.items()}
    for name, cell in row.cells.items():
        if cell.low is not None:
            entries[f"{name}.low"] = cell.low
        if cell.high is not None:
            entries[f"{name}.high"] = cell.high
    versions = "; ".join(f"{name} {version}" for name, version in sorted(versions_of(row).items()))
    return {**entries, **{name: getattr(row, name) for name in _WHICH}, VERSIONS: versions}


def versions_of(row: Row) -> dict[str, int | str]:
    """Return the versions of a row's methods, which all of its records share."""
    return row.records[0].record.method_versions


def _groups(board: Board | Iterable[Group]) -> tuple[Group, ...]:
    return board.groups if isinstance(board, Board) else tuple(board)
