"""How the conditions of a suite's shifts are called, by the table of shifts."""

from __future__ import annotations

from mixbench.spec.shifts import SHIFTS

SINCE = 3
"""The version of the outcomes that the first shifts came with."""


def condition(shift: str) -> str:
    """Return the prefix of a shift's measures and arrays, such as shift.twitter."""
    return f"shift.{shift}"


def section(shift: str) -> str:
    """Return the title of a shift's measures."""
    return f"Shift: {SHIFTS[shift]}"
