"""What lies in a runs folder, as people and scripts read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixbench.report.grid import Column, Grid
from mixbench.report.numbers import size
from mixbench.runs.ledger import RECORDS, Held
from mixbench.runs.uses import USES


def runs_table(held: Sequence[Held]) -> Grid:
    """Draw a row a record and other use: its own files, and what it needs of the store, alone and with others."""
    heads = ("its files", "alone needs", "shares")
    table = Grid([Column("record"), *(Column(head, right=True) for head in heads)])
    for user in (each for each in held if each.kind in (RECORDS, USES)):
        needed = [each for each in held if each.needed_by and user.name in each.needed_by]
        alone = sum(each.bytes for each in needed if len(each.needed_by or ()) == 1)
        name = user.name if user.kind == RECORDS else f"{USES}/{user.name}"
        table.add(name, size(user.bytes), size(alone), size(sum(each.bytes for each in needed) - alone))
    records, total = sum(each.kind == RECORDS for each in held), sum(each.bytes for each in held)
    table.title = f"records: {records}, with all that lies beside them {size(total)}"
    if any(each.kind == USES for each in held):
        table.notes.append(f"{USES}/ are experiments and comparisons without records; remove such a file to free its.")
    return table


def idle_table(held: Sequence[Held]) -> Grid:
    """Draw what nothing needs, the largest first."""
    idle = sorted((each for each in held if each.idle), key=lambda each: -each.bytes)
    table = Grid([Column("what"), Column("kind", drop=1), Column("size", right=True)])
    for each in idle:
        table.add(each.name, each.kind, size(each.bytes))
    table.title = f"needed by nothing: {len(idle)}, {size(sum(each.bytes for each in idle))}"
    return table


def runs_json(held: Sequence[Held]) -> list[dict[str, Any]]:
    """Return what lies there as data; needed_by is null where that cannot be told."""
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "path": str(each.path),
            "bytes": each.bytes,
            "needed_by": None if each.needed_by is None else list(each.needed_by),
        }
        for each in held
    ]
