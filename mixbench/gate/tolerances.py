"""Which measures the gate minds, by which tolerance, and the tolerances that somebody gives instead."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mixbench.results.measures import BY_NAME, MEASURES
from mixbench.results.tolerance import Tolerance
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain

GATED = tuple(measure.name for measure in MEASURES if measure.tolerance)
"""Not gated: diagnostics, and the best epoch's error, which has no interval."""


def tolerance_of(measure: str) -> Tolerance:
    """Return a gated measure's default; KeyError where it is not gated."""
    tolerance = BY_NAME[measure].tolerance
    if tolerance is None:
        raise KeyError(measure)
    return tolerance


def parse_tolerances(words: Iterable[str]) -> dict[str, float]:
    """Read MEASURE=X words; MixBenchError for a name that is no gated measure or a number that is no tolerance."""
    return dict(_parse(word) for word in words)


def _parse(word: str) -> tuple[str, float]:
    name, equals, number = (part.strip() for part in word.partition("="))
    if not equals:
        raise MixBenchError(f"--tolerance: needed MEASURE=X, such as clean.top1_error=0.02, got {plain(word)!r}")
    return name, checked(name, _number(name, number))


def checked(name: str, value: float) -> float:
    """Return a tolerance that somebody gave; MixBenchError where no such measure is gated or it is no such number."""
    if name not in BY_NAME:
        raise unknown("measure", plain(name), GATED, "mixbench list measures shows them")
    if name not in GATED:
        raise MixBenchError(f"--tolerance: {name} is shown and never gated; leave it out")
    if not (math.isfinite(value) and value >= 0):
        raise MixBenchError(f"--tolerance {name}: needed a number from 0 up, in {_unit(name)}, got {value}")
    return value


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise MixBenchError(f"--tolerance {plain(name)}: needed a number such as 0.02, got {plain(text)!r}") from None


def _unit(name: str) -> str:
    unit = BY_NAME[name].unit
    return "fractions of 1" if unit == "fraction" else unit
