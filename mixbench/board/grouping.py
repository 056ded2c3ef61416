"""From the records of one group to its rows: seeds averaged, ranks, flags, the overall order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from mixbench.board.ranking import best_of, overall, ranks_of
from mixbench.board.rows import Cell, Describe, Description, Group, Row
from mixbench.results.aggregate import over_seeds
from mixbench.results.found import Found
from mixbench.results.measures import MEASURES
from mixbench.results.readings import Reading
from mixbench.results.record import Record
from mixbench.spec.digest import canonical_json
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, plain_name

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def group_key(record: Record) -> tuple[str, int, str, int, str]:
    """Return what records of one group share; in this order groups are shown, newest suite version first."""
    return record.suite, -_version(record), record.suite_digest, -record.battery_version, record.backbone


def _version(record: Record) -> int:
    version = record.settings.get("version")
    return version if isinstance(version, int) else 0


def _data(record: Record) -> str:
    data = record.settings.get("data")
    return str(data.get("name", "")) if isinstance(data, dict) else ""


def make_group(members: Sequence[Found], describe: Describe) -> Group:
    """Return the group of records that share a group_key; MixBenchError for two of one (augmentation, seed)."""
    rows = _by_row(members)
    readings = [_readings(row) for row in rows]
    places, order = overall(readings)
    cells, labels = _cells(readings), _labels(rows, describe)
    record = members[0].record
    return Group(
        suite=record.suite,
        suite_version=_version(record),
        suite_digest=record.suite_digest,
        battery_version=record.battery_version,
        backbone=record.backbone,
        data=_data(record),
        rows=tuple(_row(rows[place], cells[place], labels[place]) for place in places),
        order=order,
    )


def _by_row(members: Sequence[Found]) -> list[list[Found]]:
    """The records of each row by seed, rows by name."""
    made: dict[tuple[str, str], dict[int, Found]] = defaultdict(dict)
    for each in members:
        seeds, seed = made[_row_key(each.record)], each.record.seed or 0
        if seed in seeds:
            raise MixBenchError(
                f"board: needed one record of {plain_name(each.record.augmentation)}, seed {seed}, got"
                f" {plain(str(seeds[seed].path))} and {plain(str(each.path))}; remove one"
            )
        seeds[seed] = each
    return [[seeds[seed] for seed in sorted(seeds)] for _, seeds in sorted(made.items())]


def _row_key(record: Record) -> tuple[str, str]:
    """Seeds are averaged within one augmentation, all its methods of the same version or source."""
    return record.augmentation, canonical_json(record.method_versions)


def _readings(row: Sequence[Found]) -> dict[str, Reading]:
    records = [each.record for each in row]
    found = ((measure.name, over_seeds(records, measure.name)) for measure in MEASURES)
    return {name: reading for name, reading in found if reading is not None}


def _cells(rows: Sequence[dict[str, Reading]]) -> list[dict[str, Cell]]:
    made: list[dict[str, Cell]] = [{} for _ in rows]
    for measure in MEASURES:
        column = [row.get(measure.name) for row in rows]
        ranks, best = ranks_of(column, measure.direction), best_of(column, measure.direction)
        for cells, reading, rank, is_best in zip(made, column, ranks, best, strict=True):
            if reading:
                cells[measure.name] = Cell(reading.value, reading.low, reading.high, reading.n, rank, is_best)
    return made


def _labels(rows: Sequence[Sequence[Found]], describe: Describe) -> list[Description]:
    """What rows are called; those of one name by their method's version or the digest of its source too."""
    found = [describe(row[0].record.augmentation) for row in rows]
    often = Counter(each.label for each in found)
    return [
        each._replace(label=f"{each.label} [{_versions(row[0].record)}]") if often[each.label] > 1 else each
        for each, row in zip(found, rows, strict=True)
    ]


def _versions(record: Record) -> str:
    return plain_name("; ".join(_short(version) for _, version in sorted(record.method_versions.items())), 60)


def _short(version: int | str) -> str:
    """A source's digest by its beginning; a version with its libraries whole, which differ at their end."""
    return str(version) if ", " in str(version) else str(version)[:12]


def _row(row: Sequence[Found], cells: dict[str, Cell], description: Description) -> Row:
    record = row[0].record
    return Row(
        augmentation=record.augmentation,
        label=description.label,
        backbone=record.backbone,
        suite=record.suite,
        suite_version=_version(record),
        suite_digest=record.suite_digest,
        battery_version=record.battery_version,
        seeds=tuple(each.record.seed or 0 for each in row),
        records=tuple(row),
        cells=cells,
        flags=flags_over_seeds([each.record for each in row]),
        family=description.family,
        contributed=description.contributed,
    )


def flags_over_seeds(records: Sequence[Record]) -> tuple[str, ...]:
    """Return each flag once, with how many of the seeds carry it; sentences that differ in numbers only are one."""
    carried: dict[str, list[str]] = defaultdict(list)
    for record in records:
        for kind, flag in {_NUMBER.sub("#", flag): flag for flag in record.flags}.items():
            carried[kind].append(flag)
    return tuple(
        f"{plain(flags[0], 600)} ({len(flags)} of {len(records)} seeds{_others(flags)})" for flags in carried.values()
    )


def _others(flags: Sequence[str]) -> str:
    return "; the number is the first one's" if len(set(flags)) > 1 else ""
