"""One measure of a candidate against its baseline: both values and the test between them, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from mixbench.gate.contrast import Contrast
from mixbench.results.measures import BY_NAME, Direction

EXAMPLES, SEEDS = "examples", "seeds"
"""What a test goes over."""

NOT_EVERYWHERE = "not in every record of both sides"
NO_OUTCOMES = "outcomes are missing beside a record; keep the .npz with it"
NOTHING_KNOWN = (
    "nothing is known of how much two trainings differ here; measure two seeds or more on each side, or make the"
    " suite's calibration with --calibrate RUNS"
)


@dataclass(frozen=True)
class Comparison:
    """Both values (of a measure best at 0: their size) and the test between them, in the measure's unit.

    Above 0 the test's difference is worse, also where a higher value is better. Of a measure that goes by class it is
    the test of the class `worst`, one of `classes`. `over` says what it goes over, pairs of seeds with their examples
    or seeds, and `lacks` why there is none.
    """

    measure: str
    baseline: float | None
    candidate: float | None
    gated: bool = True
    tolerance: float = 0.0
    new: bool = False
    test: Contrast | None = None
    same: bool = False
    over: str = ""
    lacks: str = ""
    classes: int = 1
    worst: int | None = None

    @property
    def difference(self) -> float | None:
        """The candidate's value minus the baseline's; of the class that is tested, where it goes by class."""
        if self.worst is not None and self.test is not None:
            return self.test.difference
        return None if self.baseline is None or self.candidate is None else self.candidate - self.baseline

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the difference."""
        if self.test is None:
            return None
        low, high = self.test.interval()
        return (-high, -low) if BY_NAME[self.measure].direction is Direction.CEILING else (low, high)

    @property
    def p_worse(self) -> float:
        """The p-value of 'worse by at most the tolerance', after Holm over classes."""
        return 1.0 if self.test is None else min(1.0, self.classes * self.test.p_worse(self.tolerance))

    @property
    def p_within(self) -> float:
        """The p-value of 'worse by at least the tolerance', the largest of any class."""
        return 1.0 if self.test is None else self.test.p_within(self.tolerance)
