"""From the records of one group to its rows: seeds averaged, what the panel tells of them, flags."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mixbench.board.evidence import tables_of
from mixbench.board.flags import flags_over_seeds
from mixbench.board.members import Members, members_by_row
from mixbench.board.rows import Cell, Describe, Description, Group, Panel, Row
from mixbench.board.standing import Entrant, make_columns
from mixbench.compare import NetWins
from mixbench.compare.versus.board_file import read_board_file
from mixbench.results.found import Found, Status
from mixbench.results.measures import HEADLINE
from mixbench.results.record import EXTERNAL, Record
from mixbench.spec.plain import plain_name

MOST_PANEL = 40
"""Of rows that no board file lists, those with the most seeds."""


def group_key(record: Record) -> tuple[str, int, str, int, str]:
    """Return what records of one group share; in this order groups are shown, newest suite version first."""
    return record.suite, -_version(record), record.suite_digest, -record.battery_version, record.backbone


def _version(record: Record) -> int:
    version = record.settings.get("version")
    return version if isinstance(version, int) else 0


def _data(record: Record) -> str:
    data = record.settings.get("data")
    return str(data.get("name", "")) if isinstance(data, dict) else ""


def make_group(members: Sequence[Found], describe: Describe, measures: Sequence[str]) -> Group:
    """Return the group of records that share a group_key, no two of which are of one (augmentation, seed).

    MixBenchError where the board file beside verified records is not right.
    """
    rows = sorted(members_by_row(members), key=lambda row: not row.ranked)
    labels = _labels([row.records for row in rows], describe)
    evidence = [tables_of(row.records, measures) for row in rows]
    standing = [
        Entrant(label.label, row.records, row.ranked, row.run, tables)
        for row, label, (tables, _) in zip(rows, labels, evidence, strict=True)
    ]
    panel, said = _panel(rows, standing)
    made = make_columns(standing, panel, measures)
    whys = [why for _, why in evidence]
    done = [_row(*each) for each in zip(rows, made.cells, labels, made.net, whys, strict=True)]
    record, ranked = members[0].record, sum(row.ranked for row in rows)
    return Group(
        suite=record.suite,
        suite_version=_version(record),
        suite_digest=record.suite_digest,
        battery_version=record.battery_version,
        backbone=record.backbone,
        data=_data(record),
        rows=tuple(sorted(done[:ranked], key=_by_wins)),
        unranked=tuple(done[ranked:]),
        columns=made.heads,
        panel=said,
        headline=made.headline,
    )


def _by_wins(row: Row) -> tuple[float, float, str]:
    return (-row.net.net, row.net.losses, row.label) if row.net else (math.inf, 0, row.label)


def _panel(rows: Sequence[Members], standing: Sequence[Entrant]) -> tuple[list[int], Panel]:
    """The places of the panel's rows: those that the board file lists, else all that are ranked and lack nothing."""
    able = [place for place, row in enumerate(rows) if row.ranked and standing[place].tables]
    homes = {found.path.parent.parent for row in rows for found in row.records if found.status is Status.VERIFIED}
    listed = next((found for home in sorted(homes) if (found := read_board_file(home))), None)
    if listed is None:
        whole = max((standing[place].headline for place in able), default=0)
        able = [place for place in able if standing[place].headline == whole]
        places = sorted(able, key=lambda place: -len(rows[place].records))[:MOST_PANEL]
        return places, _said_of(rows, standing, places)
    names = {listed.holds(rows[place].records[0].record): place for place in able}
    places = [names[name] for name in listed.panel if name in names]
    missing = tuple(name for name in listed.panel if name not in names)
    return places, _said_of(rows, standing, places, listed=True, missing=missing)


def _said_of(rows: Sequence[Members], standing: Sequence[Entrant], places: Sequence[int], **listed: Any) -> Panel:
    counts = [len(rows[place].records) for place in places] or [0]
    return Panel(tuple(standing[place].label for place in places), seeds=(min(counts), max(counts)), **listed)


def _labels(rows: Sequence[Sequence[Found]], describe: Describe) -> list[Description]:
    """What rows are called; those of one name by their method's version or the digest of its source too."""
    found = [_described(row[0].record, describe) for row in rows]
    often = Counter((each.label, row[0].status) for each, row in zip(found, rows, strict=True))
    return [
        each._replace(label=f"{each.label} [{_versions(row[0].record)}]")
        if often[each.label, row[0].status] > 1
        else each
        for each, row in zip(found, rows, strict=True)
    ]


def _described(record: Record, describe: Describe) -> Description:
    if record.augmentation != EXTERNAL:
        return describe(record.augmentation)
    return Description(plain_name(record.name or EXTERNAL), EXTERNAL, contributed=False)


def _versions(record: Record) -> str:
    return plain_name("; ".join(_short(version) for _, version in sorted(record.method_versions.items())), 60)


def _short(version: int | str) -> str:
    """A source's digest by its beginning; a version with its libraries whole, which differ at their end."""
    return str(version) if ", " in str(version) else str(version)[:12]


def _row(row: Members, cells: dict[str, Cell], description: Description, net: NetWins | None, why: str) -> Row:
    record = row.records[0].record
    lacking = f"it lacks {', '.join(missing)}" if (missing := [name for name in HEADLINE if name not in cells]) else ""
    return Row(
        augmentation=record.augmentation,
        label=description.label,
        backbone=record.backbone,
        suite=record.suite,
        suite_version=_version(record),
        suite_digest=record.suite_digest,
        battery_version=record.battery_version,
        seeds=tuple(seed for each in row.records if (seed := each.record.seed) is not None),
        records=row.records,
        cells=cells,
        flags=flags_over_seeds([each.record for each in row.records]),
        family=description.family,
        contributed=description.contributed,
        status=row.records[0].status,
        further=row.further,
        net=net,
        notes=tuple(filter(None, (row.why, why, lacking))),
    )
