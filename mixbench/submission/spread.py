"""How far apart the seeds of one row lie on a board, as its other rows show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mixbench.results.record import Record
from mixbench.spec.digest import canonical_json

QUANTILE = 0.75
"""Of the rows' spreads. With it no two seeds of one row of `digits` are beyond each other's tolerance."""


def other_rows(record: Record, others: Sequence[Record]) -> list[list[Record]]:
    """The other rows of the record's suite, battery and backbone that have two seeds or more."""
    rows: dict[tuple[str, str], dict[int | None, Record]] = defaultdict(dict)
    for other in others:
        if _setting(other) == _setting(record) and _method(other) != _method(record):
            rows[_method(other)][other.seed] = other
    return [list(row.values()) for row in rows.values() if len(row) > 1]


def _setting(record: Record) -> tuple[str, int, str]:
    return record.suite_digest, record.battery_version, record.backbone


def _method(record: Record) -> tuple[str, str]:
    return record.augmentation, canonical_json(record.method_versions)


def spread_over(measure: str, rows: Sequence[Sequence[Record]]) -> float:
    """Return the upper quartile of the rows' standard deviations over their seeds, 0 where no row has any."""
    measured = [[each.readings[measure].value for each in row if measure in each.readings] for row in rows]
    found = [float(np.std(values, ddof=1)) for values in measured if len(values) > 1]
    return float(np.quantile(found, QUANTILE)) if found else 0.0
