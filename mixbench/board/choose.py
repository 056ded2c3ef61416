"""Which groups, rows and measures of a board are shown, and in which order."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from mixbench.board.describe import FAMILIES
from mixbench.board.leaderboard import Board, Group, Row
from mixbench.results.measures import AT_FIRST, BY_NAME, MEASURES, Direction
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain

ALL = "all"


def choose(
    board: Board, suite: str | None = None, backbones: Collection[str] = (), families: Collection[str] = ()
) -> Board:
    """Return the groups of a suite (name, name@version or digest) and backbones with the rows of some families.

    Ranks stay those among all rows of a group. MixBenchError for a name that is on no board, with the nearest.
    """
    groups = [group for group in board.groups if suite is None or suite in _names(group)]
    if suite is not None and not groups:
        called = f"{suite[:12]}…" if re.fullmatch("[0-9a-f]{64}", suite) else suite
        raise _none_such("suite", called, [name for group in board.groups for name in (group.suite, _versioned(group))])
    for backbone in backbones:
        if backbone not in {group.backbone for group in groups}:
            raise _none_such("backbone", backbone, [group.backbone for group in groups])
    groups = [group for group in groups if not backbones or group.backbone in backbones]
    there = [row.family for group in groups for row in group.all_rows]
    for family in families:
        if family not in FAMILIES:
            raise unknown("family", family, FAMILIES, f"one of {', '.join(FAMILIES)}")
        if family not in there:
            raise MixBenchError(
                f"family {family}: needed one with a row here, which {', '.join(sorted({*there}))} have"
            )
    kept = [_only(group, families) for group in groups]
    return replace(board, groups=tuple(group for group in kept if group.all_rows))


def _names(group: Group) -> tuple[str, str, str]:
    return group.suite, _versioned(group), group.suite_digest


def _versioned(group: Group) -> str:
    return f"{group.suite}@{group.suite_version}"


def _none_such(kind: str, name: str, there: Sequence[str]) -> MixBenchError:
    names = sorted({plain(each, 60) for each in there})
    return unknown(kind, name, names, f"this board has {', '.join(names[:12]) or 'none'}")


def _only(group: Group, families: Collection[str]) -> Group:
    if not families:
        return group
    rows, unranked = (tuple(row for row in rows if row.family in families) for rows in (group.rows, group.unranked))
    return replace(group, rows=rows, unranked=unranked)


def measures_of(groups: Sequence[Group], asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the measures to show: those asked for by name, by group (calibration) or all, else those shown first.

    Only those that a row has; MixBenchError for a name that is no measure, or of which no row has one.
    """
    there = {name for group in groups for row in group.all_rows for name in row.cells}
    wanted = [name for word in asked for name in _held(word, measures_named(word), there)] or list(AT_FIRST)
    return tuple(name for name in dict.fromkeys(wanted) if name in there)


def _held(word: str, names: list[str], there: Collection[str]) -> list[str]:
    if not set(names) & set(there):
        raise MixBenchError(
            f"measure {word}: needed one that a row of this board has, got none with it; ask for another"
        )
    return names


def measures_named(word: str) -> list[str]:
    """Return the measures of a name, a group such as noise50, or all; MixBenchError with the nearest where none is."""
    names = [name for name in BY_NAME if word == ALL or name == word or name.startswith(f"{word}.")]
    if not names:
        known = {*BY_NAME, *(name.split(".")[0] for name in BY_NAME), ALL}
        raise unknown("measure", word, known, "'mixbench list measures' shows them; a group such as noise50 works too")
    return names


def check_measure(name: str) -> str:
    """Return a measure's name; MixBenchError for what is none, with the nearest."""
    if name not in BY_NAME:
        raise unknown("measure", name, BY_NAME, "'mixbench list measures' shows them")
    return name


def sort_by(board: Board, measure: str) -> Board:
    """Return a board sorted by a measure, best first, rows without it last; MixBenchError where none has it."""
    check_measure(measure)
    _held(measure, [measure], {name for group in board.groups for row in group.all_rows for name in row.cells})
    groups = [
        replace(group, rows=_sorted(group.rows, measure), unranked=_sorted(group.unranked, measure), sorted_by=measure)
        for group in board.groups
    ]
    return replace(board, groups=tuple(groups))


def _sorted(rows: Sequence[Row], measure: str) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: _badness(row, measure)))


def _badness(row: Row, measure: str) -> float:
    if measure not in row.cells:
        return math.inf
    value = row.cells[measure].value
    direction = BY_NAME[measure].direction
    return abs(value) if direction is Direction.ZERO else -value if direction is Direction.CEILING else value


def by_prefix(names: Sequence[str]) -> dict[str, list[str]]:
    """Return measures by what they have in common, in the table's order: clean, fgsm.white, noise20, calibration."""
    groups: dict[str, list[str]] = {}
    for measure in MEASURES:
        if measure.name in names:
            groups.setdefault(measure.name.rsplit(".", 1)[0], []).append(measure.name)
    return groups
