"""The board as the page's data: plain numbers and texts, written as scripts that hold nothing but JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mixbench.board.page.about import about
from mixbench.board.page.papers import methods_of, papers_of
from mixbench.board.page.records import short
from mixbench.board.published import Published
from mixbench.board.rows import Board, Cell, Group, Head, Row
from mixbench.board.words import SIGNS
from mixbench.results.curves import TITLES
from mixbench.results.measures import BY_NAME, MEASURES, Direction, Measure
from mixbench.spec.plain import plain, plain_name

MOST_SETTINGS = 200
MOST_LEVELS = 4

_KINDS = {Direction.LOWER: "lower", Direction.ZERO: "zero", Direction.CEILING: "ceiling", Direction.FLAG: "flag"}
_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


def script(board: Board, shown_first: Sequence[str], details: Mapping[tuple[int, int], str]) -> bytes:
    """Return data.js: ASCII, one line a row of the board, none of whose characters can end a script or a string.

    `details` names the file of each row by its group's place and its own.
    """
    frame = {
        "about": about(board),
        "measures": [_measure(measure) for measure in MEASURES],
        "curves": {name: [title, _is_share(name)] for name, title in TITLES.items()},
        "shownFirst": list(shown_first),
        "papers": papers_of(board),
        "published": [_published(row) for row in board.published],
        "doubles": [plain(name) for name in board.doubles],
        "groups": [],
    }
    lines = [f"window.MIXBENCH = {as_json(frame)};"]
    for place, group in enumerate(board.groups):
        rows = [{**_row(row), "details": details[place, spot]} for spot, row in enumerate(group.all_rows)]
        for row in rows[len(group.rows) :]:
            row["why"] = row["notes"][0]
        lines.append(f"MIXBENCH.groups.push({as_json(_group(group))});")
        lines.extend(f"MIXBENCH.groups[{place}].rows.push({as_json(row)});" for row in rows)
    return ("\n".join(lines) + "\n").encode("ascii")


def as_json(value: Any) -> str:
    """Write a value as ASCII JSON in which <, > and & are escapes too; all other line ends are escapes already."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)


def unit(measure: Measure) -> str:
    """Return a measure's unit as the page shows it."""
    return {"fraction": "%", "score": ""}.get(measure.unit, measure.unit)


def _is_share(curve: str) -> bool:
    return curve not in BY_NAME or BY_NAME[curve].unit == "fraction"


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "unit": unit(measure),
        "section": measure.section,
        "short": measure.short,
        "kind": _KINDS[measure.direction],
        "sign": SIGNS[measure.direction],
        "direction": measure.direction.value,
        "meaning": measure.meaning,
        "headline": measure.headline,
    }


def _group(group: Group) -> dict[str, Any]:
    settings = group.all_rows[0].records[0].record.settings if group.all_rows else {}
    return {
        "suite": plain_name(group.suite),
        "version": group.suite_version,
        "digest": group.suite_digest,
        "battery": group.battery_version,
        "backbone": plain_name(group.backbone),
        "settings": [[plain(key), plain(text)] for key, text in islice(_flat(settings), MOST_SETTINGS)],
        "columns": {name: _head(head) for name, head in group.columns.items()},
        "panel": {
            "labels": [plain_name(label) for label in group.panel.labels],
            "listed": group.panel.listed,
            "missing": [plain_name(name) for name in group.panel.missing],
        },
        "headline": list(group.headline),
        "sortedBy": group.sorted_by,
        "rows": [],
    }


def _head(head: Head) -> dict[str, Any]:
    return {
        "unit": head.unit,
        "resolution": short(head.resolution),
        "seedsForUnit": head.seeds_for_unit,
        "floor": short(head.floor),
        "panel": head.panel,
        "bands": [[plain_name(label) for label in band] for band in head.bands],
        "note": head.note,
    }


def _flat(settings: Mapping[str, Any], prefix: str = "", level: int = 1) -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, dict) and level < MOST_LEVELS:
            yield from _flat(value, f"{prefix}{key}.", level + 1)
        else:
            yield f"{prefix}{key}", json.dumps(value) if isinstance(value, list | dict) else str(value)


def _row(row: Row) -> dict[str, Any]:
    return {
        "spec": plain_name(row.augmentation, 1000),
        "label": plain_name(row.label),
        "family": plain(row.family),
        "methods": methods_of(row),
        "contributed": row.contributed,
        "status": row.status.value,
        "why": None,
        "seeds": list(row.seeds),
        "records": len(row.records),
        "further": len(row.further),
        "flags": [plain(flag, 600) for flag in row.flags],
        "wins": row.net.wins if row.net else None,
        "losses": row.net.losses if row.net else None,
        "net": [row.net.low, row.net.high] if row.net else None,
        "notes": [plain(note, 600) for note in row.notes],
        "cells": {name: _cell(cell) for name, cell in row.cells.items()},
    }


def _cell(cell: Cell) -> list[Any]:
    return [short(cell.value), short(cell.low), short(cell.high), cell.n, cell.rank, int(cell.best)]


def _published(row: Published) -> dict[str, Any]:
    return {key: plain(value) if isinstance(value, str) else short(value) for key, value in vars(row).items()}
