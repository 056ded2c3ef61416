"""Everything that the outcomes allow, computed again and compared with what the record says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mixbench.results.curves import curves_of, label_noise_of
from mixbench.results.flags import flags_of
from mixbench.results.measures import BY_NAME, read
from mixbench.results.outcomes import with_eps
from mixbench.submission.checks.case import Case, Layout

RELATIVE, ABSOLUTE = 1e-9, 1e-12


def check_recomputed(case: Case, layout: Layout, outcomes: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Readings, curves, label noise and flags, to nine digits."""
    record = case.record
    readings = {
        name: reading.model_dump()
        for name, reading in read(with_eps(outcomes, layout.battery.eps_curve)).items()
        if name in record.readings or case.expects(BY_NAME[name])
    }
    said = {name: reading.model_dump() for name, reading in record.readings.items()}
    yield from _differences("readings", readings, said)
    yield from _differences("curves", curves_of(outcomes, layout.battery.eps_curve), record.curves)
    yield from _differences("label_noise", label_noise_of(outcomes), record.label_noise)
    flags = flags_of(outcomes)
    for flag in flags:
        if flag not in record.flags:
            yield f"flags: the outcomes raise {flag.partition(':')[0]!r}, which the record does not carry as it is"
    if record.flags != flags:
        yield f"flags: needed the {len(flags)} that the outcomes raise, got {len(record.flags)} that are not these"


def _differences(place: str, needed: Any, said: Any) -> Iterator[str]:
    if isinstance(needed, dict):
        yield from _in_tables(place, needed, said)
    elif isinstance(needed, list):
        yield from _in_lists(place, needed, said)
    elif not _same(needed, said):
        yield f"{place}: {_write(said)} in the record, {_write(needed)} by its outcomes"


def _in_tables(place: str, needed: dict[str, Any], said: dict[str, Any]) -> Iterator[str]:
    for name in needed.keys() - said.keys():
        yield f"{place}.{name}: is missing, though the outcomes have it"
    for name in said.keys() - needed.keys():
        yield f"{place}.{name}: is not in the outcomes"
    for name in needed.keys() & said.keys():
        yield from _differences(f"{place}.{name}", needed[name], said[name])


def _in_lists(place: str, needed: list[Any], said: list[Any]) -> Iterator[str]:
    """One reason a list, at its first difference."""
    if len(needed) != len(said):
        yield f"{place}: needed {len(needed)} values by the outcomes, got {len(said)}"
        return
    differ = [index for index, pair in enumerate(zip(needed, said, strict=True)) if not _same(*pair)]
    if differ:
        yield from _differences(f"{place}.{differ[0]}", needed[differ[0]], said[differ[0]])


def _same(needed: int | float | None, said: int | float | None) -> bool:
    if needed is None or said is None:
        return needed is said
    return math.isclose(needed, said, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _write(value: int | float | None) -> str:
    return "null" if value is None else f"{value:.12g}"
