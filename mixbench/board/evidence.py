"""What the examples of a row's records contribute to measures, from the outcomes beside the records."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import cast

import numpy as np

from mixbench.compare import contributions
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, HEADLINE
from mixbench.results.outcomes import LazyOutcomes
from mixbench.spec.errors import MixBenchError

Tables = Mapping[str, np.ndarray]
"""By measure what each example contributes under each seed (S, N), lower being better."""

_NEAR = 1e-6


def tables_of(records: Sequence[Found], measures: Collection[str]) -> tuple[Tables, str]:
    """Return the tables of a row's records and why there are none, or nothing.

    A measure is left out where the outcomes do not give it, or give another value than a record states; with a headline
    measure all are.
    """
    try:
        outcomes = [_outcomes(found) for found in records]
        made = {name: table for name in measures if (table := _table(name, outcomes)) is not None}
    except MixBenchError:
        return {}, "its outcomes are not there, so it is compared with nothing"
    right = {name: table for name, table in made.items() if _agrees(name, table, records)}
    if not right or any(name not in right for name in HEADLINE if name in made):
        return {}, "its outcomes do not give its readings, so it is compared with nothing"
    return right, ""


def _outcomes(found: Found) -> Tables:
    """What lies beside a record, read as it is asked for, and the suite's ε, which are not kept with it."""
    beside = LazyOutcomes(found.path.parent / found.record.outcomes.file)
    eps = np.array(found.record.eps_curve, dtype=np.float64)
    return ChainMap({"curve.eps": eps}, cast(MutableMapping[str, np.ndarray], beside))


def _table(name: str, outcomes: Sequence[Tables]) -> np.ndarray | None:
    try:
        with np.errstate(all="ignore"):
            table = contributions(BY_NAME[name], outcomes)
    except (ValueError, IndexError, TypeError):
        # Arrays of unlike lengths, which no examination makes.
        return None
    if table is None or not np.isfinite(table).all():
        return None
    small = table.astype(np.int8)
    return small if (small == table).all() else table


def _agrees(name: str, table: np.ndarray, records: Sequence[Found]) -> bool:
    stated = (found.record.readings.get(name) for found in records)
    return all(
        reading is None or abs(abs(mean) - abs(reading.value)) <= _NEAR * max(1.0, abs(mean))
        for mean, reading in zip(table.mean(axis=1), stated, strict=True)
    )
