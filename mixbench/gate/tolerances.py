"""How much worse a measure may be before the gate minds, and how coarse a comparison is too coarse to say so."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mixbench.results.measures import BY_NAME, MEASURES, Direction
from mixbench.results.per_example import PER_EXAMPLE
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain


@dataclass(frozen=True)
class Tolerance:
    """In the measure's own unit, or as a share of the baseline's value.

    A worsening up to `allowed` is tolerated; a comparison that could miss one of `blind` beyond that is no evidence.
    """

    allowed: float
    blind: float
    relative: bool = False

    def at(self, baseline: float) -> tuple[float, float]:
        """Return both numbers in the measure's unit."""
        scale = abs(baseline) if self.relative else 1.0
        return self.allowed * scale, self.blind * scale


DEFAULTS: dict[str, Tolerance] = {
    "clean": Tolerance(0.01, 0.2),
    "fgsm": Tolerance(0.04, 0.2),
    "fgsm.white": Tolerance(0.06, 0.2),
    "ifgsm": Tolerance(0.05, 0.2),
    "ifgsm.white": Tolerance(0.08, 0.2),
    "noise20": Tolerance(0.03, 0.2),
    "noise50": Tolerance(0.05, 0.2),
    "noise80": Tolerance(0.08, 0.2),
    "noise_given": Tolerance(0.05, 0.2),
    "calibration": Tolerance(0.02, 0.2),
    "calibration.ece_scaled": Tolerance(0.01, 0.2),
    "calibration.nll": Tolerance(0.05, 1.0),
    "calibration.brier": Tolerance(0.02, 0.4),
    "between": Tolerance(0.02, 0.2),
    # Its scale is the data set's: pixels and model decide whether 0.1 or 10 is usual.
    "between.gradient_norm": Tolerance(0.2, 1.0, relative=True),
}
"""By a measure's whole name or its beginning, the longest that has a row.

What two trainings of one method on the boards of `digits` and `fashion-mnist-small` seldom differ by, about one pair in
twenty, when only the seed is another.
"""

GATED = tuple(
    measure.name
    for measure in MEASURES
    if measure.name in PER_EXAMPLE and measure.direction in (Direction.LOWER, Direction.ZERO)
)
"""Not gated: flags, memorisation of wrong labels, and the best epoch's error, which has no interval."""


def tolerance_of(measure: str) -> Tolerance:
    """Return a gated measure's default."""
    parts = measure.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(DEFAULTS[name] for name in names if name in DEFAULTS)


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
        raise MixBenchError(f"--tolerance: {name} is shown and never gated alone; leave it out")
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
