"""The words and numbers that every form of a board shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mixbench.board.rows import NET_WINS, Cell, Group, Head, Panel, Row
from mixbench.results.measures import BY_NAME, Direction
from mixbench.spec.plain import plain

SIGNS = {Direction.LOWER: "↓", Direction.ZERO: "→0", Direction.CEILING: "↑", Direction.FLAG: ""}
_COUNTED = re.compile(r"^(.*) \(([0-9]+ of [0-9]+ seeds)[^()]*\)$", re.DOTALL)
_SHARE = re.compile(r"[0-9]+(\.[0-9]+)?%")

RESOLUTION = (
    "Resolution: the difference of two rows of the panel's fewest seeds that is told from chance; of all differences of"
    " a panel whose rows were equal, one would pass it in 5 % of boards. Then the seeds a row at which it would be one"
    " point (0.01 nats or score, 0.1 a pixel), none where no number would do, and the floor, which this test split sets"
)
RANKS = (
    "Rank = 1 + the number of rows that are better: by more than their means' variance over seeds and test images"
    " explains, a row's own where it is larger. Equal ranks are ties, and a worse mean never has a better rank"
)
INTERVALS = (
    "Errors and shares in percent, means over seeds 0, 1, 2 …, with a row's own 95 % interval over seeds and test draws"
    ", wider than what comparisons need; for one or two seeds, over test draws alone; without outcomes, over seeds"
    " alone. None covers the surrogate's or the noise's draw"
)
WINS = (
    "Wins and losses: over the headline measures, how many rows of the panel a row is better than and how many are"
    " better than it; rows outside the panel move nobody. Behind it the 95 % interval of wins less losses"
)
NOT_RANKED_SAID = "Not ranked: claims, weights from elsewhere, and records without seeds 0, 1 and 2"


def wins(row: Row, interval: bool = False) -> str:
    """Write a row's wins and losses against the panel."""
    if row.net is None:
        return "–"
    between = f" [{row.net.low:+d}, {row.net.high:+d}]" if interval else ""
    return f"{row.net.wins}/{row.net.losses}{between}"


def sorting(group: Group) -> str:
    """Say what a group's rows are sorted by."""
    if group.sorted_by != NET_WINS:
        return f"Sorted by {group.sorted_by}, best first"
    if not group.headline:
        return "Sorted by name: no two rows have three seeds and their outcomes, so none can be told apart"
    return f"Sorted by wins less losses against {len(group.panel.labels)} panel rows in {len(group.headline)} measures"


def head_lines(head: Head | None) -> tuple[str, str, str]:
    """Write a column's resolution, the seeds for a unit, and its floor."""
    if head is None or head.resolution is None:
        return "–", "–", "–"
    floor = "–" if head.floor is None else number(head.measure, head.floor)
    return number(head.measure, head.resolution), str(head.seeds_for_unit or "none"), floor


def head_titles(measures: Sequence[str]) -> tuple[str, str, str]:
    """Return what the lines of a head are called."""
    points = all(BY_NAME[name].unit == "fraction" for name in measures)
    return "resolution", f"seeds for {'1 pt' if points else 'unit'}", "floor"


def moved(group: Group) -> str:
    """Say how the headline columns' resolution moved since rows had three seeds each; nothing where none has more."""
    heads = [head for name in group.headline if (head := group.columns[name]).at_three is not None]
    if not heads:
        return ""
    few, most = group.panel.seeds
    told = (
        f"{head.measure} {number(head.measure, head.at_three or 0)} → {number(head.measure, head.finest or 0)}"
        for head in heads
    )
    now = f"{most} a row" if few == most else f"rows of {most} against rows of {few}"
    return f"Resolution has moved from that of three seeds a row to that of {now}: {', '.join(told)}"


def panel_said(panel: Panel) -> str:
    """Say which rows the panel is of."""
    which = "those that board.toml lists" if panel.listed else "all that are ranked, since no board.toml lists others"
    missing = f"; listed, and not here in that version: {', '.join(panel.missing)}" if panel.missing else ""
    return f"Panel of {len(panel.labels)} rows, {which}: {', '.join(panel.labels) or 'none'}{missing}"


def status(row: Row) -> str:
    """Say why a row is not ranked, or what stands behind it."""
    return row.notes[0] if row.notes else row.status.value


def seeds(row: Row) -> str:
    """Say how many seeds a row averages, and how many it has beyond."""
    return f"{len(row.records)}+{len(row.further)}" if row.further else str(len(row.records))


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


def bars(labels: Sequence[str], bands: Sequence[Sequence[str]]) -> list[str]:
    """Return for each of the labels, sorted by a measure, the bars of the bands that pass it.

    A bar joins rows that are not told apart.
    """
    places = {label: place for place, label in enumerate(labels)}
    spans = [[places[label] for label in band if label in places] for band in bands]
    ends = [(min(span), max(span)) for span in spans if len(span) > 1]
    return ["".join(_bar(place, *end) for end in ends).rstrip() for place in range(len(labels))]


def _bar(place: int, first: int, last: int) -> str:
    if not first <= place <= last:
        return " "
    return "╷" if place == first else "╵" if place == last else "│"
