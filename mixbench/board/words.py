"""The words and numbers that every form of a board shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mixbench.board.leaderboard import Cell, Group, Row
from mixbench.board.ranking import Order
from mixbench.results.aggregate import FEWEST_SEEDS
from mixbench.results.found import Status
from mixbench.results.measures import BY_NAME, HEADLINE, Direction
from mixbench.spec.plain import plain

SIGNS = {Direction.LOWER: "↓", Direction.ZERO: "→0", Direction.CEILING: "↑", Direction.FLAG: ""}
_COUNTED = re.compile(r"^(.*) \(([0-9]+ of [0-9]+ seeds)[^()]*\)$", re.DOTALL)
_SHARE = re.compile(r"[0-9]+(\.[0-9]+)?%")

INTERVALS = (
    "Errors and shares in percent, means over training seeds. 95 % intervals: Student-t over seeds from"
    f" {FEWEST_SEEDS} seeds on, over test examples for one seed or where all seeds agree to the last example, none for"
    " two; over seeds they cover neither the test draw, the surrogate nor the noise draw"
)
RANKS = (
    "Rank = 1 + the number of rows of this suite and backbone whose interval lies wholly on the better side; equal"
    " ranks are ties, and without an interval there is none"
)


CLAIMED = "claimed: consistent, nobody has run it again"
UNRANKED = "Not ranked: claims, and records whose seeds 0, 1 and 2 are not all verified"


def status(row: Row) -> str:
    """Say what stands behind a row."""
    return CLAIMED if row.status is Status.CLAIMED else row.status.value


def seeds(row: Row) -> str:
    """Say how many seeds a row averages, and how many it has beyond."""
    return f"{len(row.seeds)}+{len(row.further)}" if row.further else str(len(row.seeds))


class Flag(NamedTuple):
    """A flag of a board: its mark, its sentence, and the rows that carry it with their seeds."""

    mark: str
    sentence: str
    carriers: tuple[tuple[str, str], ...]


def number(measure: str, value: float) -> str:
    """Write a value as people read it: percent for fractions."""
    scale, digits = (100, 1) if BY_NAME[measure].unit == "fraction" else (1, 3)
    # Adding 0 turns -0.0 into 0.0.
    return f"{round(value * scale, digits) + 0.0:.{digits}f}"


def bounds(measure: str, cell: Cell) -> str:
    """Write a cell's interval in brackets, or nothing."""
    if cell.low is None or cell.high is None:
        return ""
    return f"[{number(measure, cell.low)}, {number(measure, cell.high)}]"


def title(group: Group) -> str:
    """Return what a group is called."""
    name = f"{plain(group.suite, 80)} version {group.suite_version}, backbone {plain(group.backbone, 80)}"
    return name if group.battery_version == 1 else f"{name}, battery {group.battery_version}"


def flags_in(rows: Sequence[Row]) -> list[Flag]:
    """Return the flags of rows, each sentence once, shares left open, marked a, b, c …"""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        for flag in row.flags:
            match = _COUNTED.match(flag)
            sentence, seeds = match.groups() if match else (flag, "")
            found.setdefault(_SHARE.sub("…%", sentence), []).append((row.label, seeds))
    return [Flag(_mark(place), sentence, tuple(rows)) for place, (sentence, rows) in enumerate(found.items())]


def _mark(place: int) -> str:
    letter = chr(ord("a") + place % 26)
    return letter if place < 26 else f"{letter}{place // 26}"


def marks(row: Row, flags: Sequence[Flag]) -> str:
    """Return the marks of a row's flags."""
    return " ".join(flag.mark for flag in flags if any(label == row.label for label, _ in flag.carriers))


def order_rule(order: Order) -> str:
    """Say how the overall order is made, in sentences."""
    return (
        f"Overall order: each method's rank by its mean within each of {len(order.measures)} measures"
        f" ({', '.join(order.measures)}), averaged, every measure with the same weight. Two average ranks further apart"
        f" than the critical difference {order.critical_difference:.2f} differ by Nemenyi's test at 5 % (Demšar 2006,"
        " measures in the place of data sets; they are not independent, so this is a guide and no proof). Friedman's"
        f" test that all methods rank alike: p = {order.p_value:.2g}"
    )


def no_order() -> str:
    """Say when there is an overall order."""
    return (
        "No overall order: it goes with all rows in its own sequence, so without --sort and --family, and needs at"
        f" least two methods that all have the same two or more of the measures {', '.join(HEADLINE)}"
    )


def bars(order: Order) -> list[str]:
    """Return for each place of the order the bars of a critical-difference diagram that pass it.

    A bar joins methods that the test does not tell apart.
    """
    return [
        "".join(_bar(place, first, last) for first, last in order.joined).rstrip()
        for place in range(len(order.average))
    ]


def _bar(place: int, first: int, last: int) -> str:
    if not first <= place <= last:
        return " "
    return "╷" if place == first else "╵" if place == last else "│"


def diagram(labels: Sequence[str], order: Order) -> str:
    """Draw the critical-difference diagram as text: average rank, bars that join what does not differ, method."""
    width = len(order.joined)
    lines = zip(order.average, bars(order), labels, strict=False)
    return "\n".join(f"{average:6.2f} {bar:<{width}} {label}" for average, bar, label in lines)
