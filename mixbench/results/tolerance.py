"""How much worse a measure may be before the gate minds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """In the measure's own unit, or as a share of the baseline's value; a suite's calibration may ask for more."""

    allowed: float
    relative: bool = False
