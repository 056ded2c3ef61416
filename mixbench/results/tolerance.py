"""How much worse a measure may be before the gate minds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """In the measure's own unit, or as a share of the baseline's value.

    A worsening up to `allowed` is tolerated; a comparison that could miss one of `blind` beyond that is no evidence.
    """

    allowed: float
    blind: float = 0.2
    relative: bool = False

    def at(self, baseline: float) -> tuple[float, float]:
        """Return both numbers in the measure's unit."""
        scale = abs(baseline) if self.relative else 1.0
        return self.allowed * scale, self.blind * scale
