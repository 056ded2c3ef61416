"""One measure of a group: its resolution, and each row's mean, interval and rank."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixbench.board.rows import Cell, Head
from mixbench.compare import FEWEST_SEEDS, Column, standing
from mixbench.compare import Row as Known
from mixbench.results.aggregate import over_seeds
from mixbench.results.found import Found
from mixbench.results.measure import Direction, Measure
from mixbench.results.measures import BY_NAME
from mixbench.results.readings import Reading
from mixbench.results.statistics import Z95

Bands = tuple[tuple[str, ...], ...]

RANKED = (Direction.LOWER, Direction.ZERO)
UNITS = {"fraction": 0.01, "nats": 0.01, "score": 0.01, "1/pixel": 0.1}
"""By a measure's unit, the difference whose seeds a column's head names."""

DECIMALS = 12
"""Of means that are the best: seeds with 2, 3 and 4 mistakes and seeds with 3, 3 and 3 are a tie, whatever the last
bits of the two sums say."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A row in one column: its records, whether it is ranked, and its table (S, N), where its outcomes give one."""

    label: str
    records: Sequence[Found]
    ranked: bool
    table: np.ndarray | None


def make_column(
    name: str, entries: Sequence[Entry], column: Column | None, known: Sequence[Known | None], note: str
) -> tuple[Head, list[Cell | None]]:
    """Return a measure's head and the rows' cells, from what is known of each row beside the column's panel."""
    measure = BY_NAME[name]
    values = [_value(measure, entry) for entry in entries]
    ranks, bands = _standing(measure, column, entries, known)
    best = _best(measure, [value if entry.ranked else None for value, entry in zip(values, entries, strict=True)])
    intervals = _by_panel(column, known)
    cells: list[Cell | None] = []
    for place, entry in enumerate(entries):
        reading = values[place]
        if reading is not None:
            low, high = _interval(measure, reading, entry, intervals[place])
            cells.append(Cell(reading.value, low, high, reading.n, ranks.get(place), place in best))
        else:
            cells.append(None)
    return _head(measure, column, bands, note), cells


def _value(measure: Measure, entry: Entry) -> Reading | None:
    """The mean over seeds as the records state it; where they are older than the measure, as their outcomes give it."""
    if reading := over_seeds([found.record for found in entry.records], measure.name):
        return reading
    if entry.table is None:
        return None
    value, n = float(entry.table.mean()), len(entry.table) if len(entry.table) > 1 else entry.table.shape[1]
    return Reading(value=value, n=n, low=None, high=None)


Interval = tuple[float, float] | None


def _by_panel(column: Column | None, known: Sequence[Known | None]) -> list[Interval]:
    """The rows' own intervals over seeds and test draws, of those that the panel tells of."""
    rows = [row for row in known if row]
    found = iter(column.intervals(rows) if column and rows else [])
    return [next(found, None) if row else None for row in known]


def _interval(
    measure: Measure, reading: Reading, entry: Entry, by_panel: Interval
) -> tuple[float | None, float | None]:
    """A row's own interval: by the panel, else over what its own seeds or examples tell."""
    found = by_panel
    if found is None and entry.table is not None and reading.low is None:
        found = _over_examples(entry.table)
    if found is None:
        return reading.low, reading.high
    sign = -1.0 if measure.direction is Direction.ZERO and reading.value < 0 else 1.0
    low, high = sorted(sign * end for end in found)
    least, most = measure.range
    return max(low, least), high if most is None else min(high, most)


def _over_examples(table: np.ndarray) -> tuple[float, float] | None:
    """The test draw's interval of the mean over one or two seeds."""
    each, n = table.mean(axis=0), table.shape[1]
    if n < 2 or not (spread := float(each.std(ddof=1))):
        return None
    half = Z95 * spread / math.sqrt(n)
    return float(each.mean()) - half, float(each.mean()) + half


def _standing(
    measure: Measure, column: Column | None, entries: Sequence[Entry], known: Sequence[Known | None]
) -> tuple[dict[int, int | None], Bands]:
    """Ranks by place, and the bands, of the rows that are ranked."""
    if column is None or measure.direction not in RANKED:
        return {}, ()
    rows = {place: row for place, row in enumerate(known) if row and entries[place].ranked}
    places, found = list(rows), standing(column, list(rows.values()))
    bands = tuple(tuple(entries[places[spot]].label for spot in band) for band in found.bands)
    return dict(zip(places, found.ranks, strict=True)), bands


def _best(measure: Measure, readings: Sequence[Reading | None]) -> set[int]:
    """The places of the best mean, several where they tie; none where there is nothing to beat."""
    there = {
        place: round(abs(reading.value) if measure.direction is Direction.ZERO else reading.value, DECIMALS)
        for place, reading in enumerate(readings)
        if reading
    }
    if measure.direction not in RANKED or len(there) < 2:
        return set()
    return {place for place, value in there.items() if value == min(there.values())}


def _head(measure: Measure, column: Column | None, bands: Bands, note: str) -> Head:
    unit = UNITS[measure.unit]
    if measure.direction not in RANKED:
        return Head(measure.name, unit, note="the measure is not ranked")
    if column is None:
        return Head(measure.name, unit, note=note)
    seeds_only, more = column.panel.examples == 1, max(column.panel.seeds) > FEWEST_SEEDS
    return Head(
        measure.name, unit, column.resolution, column.seeds_for(unit), None if seeds_only else column.floor,
        column.panel.methods, bands, "over seeds only: no test draw tells anything of it" if seeds_only else "",
        column.resolution_at(FEWEST_SEEDS) if more else None, column.finest if more else None,
    )  # fmt: skip
