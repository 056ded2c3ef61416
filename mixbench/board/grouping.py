"""From the records of one group to its rows: seeds averaged, ranks, flags, the overall order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mixbench.board.ranking import best_of, overall, ranks_of
from mixbench.board.rows import Cell, Describe, Description, Group, Row
from mixbench.results.aggregate import FEWEST_SEEDS, over_seeds
from mixbench.results.found import Found, Status
from mixbench.results.measures import MEASURES
from mixbench.results.readings import Reading
from mixbench.results.record import Record
from mixbench.spec.digest import canonical_json
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


class _Members(NamedTuple):
    """The records of one row: those that are averaged, and further ones; whether the row may be ranked."""

    records: tuple[Found, ...]
    further: tuple[Found, ...]
    ranked: bool


def make_group(members: Sequence[Found], describe: Describe) -> Group:
    """Return the group of records that share a group_key, no two of which are of one (augmentation, seed)."""
    rows = sorted(_by_row(members), key=lambda row: not row.ranked)
    labels, ranked = _labels([row.records for row in rows], describe), sum(row.ranked for row in rows)
    readings = [_readings(row.records) for row in rows]
    places, order = overall(readings[:ranked])
    cells = _cells(readings, ranked)
    made = [_row(*each) for each in zip(rows, cells, labels, strict=True)]
    record = members[0].record
    return Group(
        suite=record.suite,
        suite_version=_version(record),
        suite_digest=record.suite_digest,
        battery_version=record.battery_version,
        backbone=record.backbone,
        data=_data(record),
        rows=tuple(made[place] for place in places),
        order=order,
        unranked=tuple(made[ranked:]),
    )


def _by_row(members: Sequence[Found]) -> list[_Members]:
    """The records of each row, by status and name."""
    made: dict[tuple[int, str, str], list[Found]] = defaultdict(list)
    for each in sorted(members, key=lambda each: each.record.seed or 0):
        made[(_STATUSES.index(each.status), *_row_key(each.record))].append(each)
    return [_chosen(row) for _, row in sorted(made.items())]


_STATUSES = tuple(Status)


def _chosen(row: Sequence[Found]) -> _Members:
    """Of verified records seeds 0 … k-1 count, the longest unbroken run, where it is long enough: none is chosen."""
    run = [each for seed, each in enumerate(row) if each.record.seed == seed]
    if row[0].status is Status.VERIFIED and len(run) >= FEWEST_SEEDS:
        return _Members(tuple(run), tuple(row[len(run) :]), ranked=True)
    return _Members(tuple(row), (), ranked=row[0].status is Status.LOCAL)


def _row_key(record: Record) -> tuple[str, str]:
    """Seeds are averaged within one augmentation, all its methods of the same version or source."""
    return record.augmentation, canonical_json(record.method_versions)


def _readings(row: Sequence[Found]) -> dict[str, Reading]:
    records = [each.record for each in row]
    found = ((measure.name, over_seeds(records, measure.name)) for measure in MEASURES)
    return {name: reading for name, reading in found if reading is not None}


def _cells(rows: Sequence[dict[str, Reading]], ranked: int) -> list[dict[str, Cell]]:
    """The cells of rows, the first `ranked` of which are ranked among themselves."""
    made: list[dict[str, Cell]] = [{} for _ in rows]
    for measure in MEASURES:
        column = [row.get(measure.name) for row in rows]
        none = len(rows) - ranked
        ranks = [*ranks_of(column[:ranked], measure.direction), *[None] * none]
        best = [*best_of(column[:ranked], measure.direction), *[False] * none]
        for cells, reading, rank, is_best in zip(made, column, ranks, best, strict=True):
            if reading:
                cells[measure.name] = Cell(reading.value, reading.low, reading.high, reading.n, rank, is_best)
    return made


def _labels(rows: Sequence[Sequence[Found]], describe: Describe) -> list[Description]:
    """What rows are called; those of one name by their method's version or the digest of its source too."""
    found = [describe(row[0].record.augmentation) for row in rows]
    often = Counter((each.label, row[0].status) for each, row in zip(found, rows, strict=True))
    return [
        each._replace(label=f"{each.label} [{_versions(row[0].record)}]")
        if often[each.label, row[0].status] > 1
        else each
        for each, row in zip(found, rows, strict=True)
    ]


def _versions(record: Record) -> str:
    return plain_name("; ".join(_short(version) for _, version in sorted(record.method_versions.items())), 60)


def _short(version: int | str) -> str:
    """A source's digest by its beginning; a version with its libraries whole, which differ at their end."""
    return str(version) if ", " in str(version) else str(version)[:12]


def _row(row: _Members, cells: dict[str, Cell], description: Description) -> Row:
    record = row.records[0].record
    return Row(
        augmentation=record.augmentation,
        label=description.label,
        backbone=record.backbone,
        suite=record.suite,
        suite_version=_version(record),
        suite_digest=record.suite_digest,
        battery_version=record.battery_version,
        seeds=tuple(each.record.seed or 0 for each in row.records),
        records=row.records,
        cells=cells,
        flags=flags_over_seeds([each.record for each in row.records]),
        family=description.family,
        contributed=description.contributed,
        status=row.records[0].status,
        further=row.further,
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
