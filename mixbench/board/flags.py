"""The flags of a row: those of its seeds, each once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from mixbench.results.record import Record
from mixbench.spec.plain import plain

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


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
