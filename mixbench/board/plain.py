"""A board for machines: CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mixbench.board.leaderboard import FIRST, columns, several_versions, table, versions_of
from mixbench.board.rows import Board, Group, Row
from mixbench.spec.plain import plain_name

_FORMULA = ("=", "+", "-", "@")
_TEXT = ("augmentation", "backbone", "suite", "suite_digest")


def csv_text(groups: Sequence[Group], measures: Sequence[str] | None = None) -> str:
    """Return one row an (augmentation, backbone) as CSV, the columns of `mixbench.leaderboard`; missing is empty.

    `measures` leaves out the others. Names that a spreadsheet would run as a formula get an apostrophe in front.
    """
    shown = [name for name in columns() if measures is None or _kept(name, measures)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, shown, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in table(groups):
        writer.writerow({**row, **{name: _safe(row[name]) for name in _TEXT}})
    return out.getvalue()


def _kept(column: str, measures: Sequence[str]) -> bool:
    return column in FIRST or any(column in (name, f"{name}.low", f"{name}.high") for name in measures)


def _safe(text: str) -> str:
    shown = plain_name(text, 2000)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def json_text(board: Board, measures: Sequence[str] | None = None) -> str:
    """Return a board as one JSON object: groups with columns and rows, published rows, records left out."""
    made = {
        "groups": [_group(group, measures) for group in board.groups],
        "published": [asdict(row) for row in board.published],
        "left_out": [],
        "doubles": list(board.doubles),
    }
    return json.dumps(made, indent=1, allow_nan=False) + "\n"


def _group(group: Group, measures: Sequence[str] | None) -> dict[str, Any]:
    names = ("suite", "suite_version", "suite_digest", "battery_version", "backbone", "data")
    about = {name: getattr(group, name) for name in names}
    rows = [_row(row, measures) for row in group.all_rows]
    if several_versions(group):
        rows = [{**made, "method_versions": versions_of(row)} for made, row in zip(rows, group.all_rows, strict=True)]
    heads = [asdict(head) for name, head in group.columns.items() if measures is None or name in measures]
    order = {"sorted_by": group.sorted_by, "measures": list(group.headline)}
    return {**about, "order": order, "panel": asdict(group.panel), "columns": heads, "rows": rows}


def _row(row: Row, measures: Sequence[str] | None) -> dict[str, Any]:
    return {
        "augmentation": row.augmentation,
        "label": row.label,
        "family": row.family,
        "contributed": row.contributed,
        "status": row.status.value,
        "seeds": list(row.seeds),
        "further_seeds": [found.record.seed for found in row.further],
        "wins": row.net.wins if row.net else None,
        "losses": row.net.losses if row.net else None,
        "net": {"low": row.net.low, "high": row.net.high} if row.net else None,
        "notes": list(row.notes),
        "records": [found.path.name for found in row.records],
        "flags": list(row.flags),
        "measures": {
            name: dict(vars(cell)) for name, cell in row.cells.items() if measures is None or name in measures
        },
    }
