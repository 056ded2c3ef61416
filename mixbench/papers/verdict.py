"""What measured numbers say of a paper's claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mixbench.compare.pair import Pair, Spread, adjust, compare_pair
from mixbench.compare.pair import Verdict as Told
from mixbench.papers.bench import Measured
from mixbench.papers.experiment import Claim, Experiment
from mixbench.papers.quantity import Quantity
from mixbench.papers.settings import Place


class Ruling(StrEnum):
    """What the data at hand say of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NO_DIFFERENCE = "no difference"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


_DIFFERS = {Told.BETTER: Ruling.SUPPORTED, Told.WORSE: Ruling.CONTRADICTED, Told.SAME: Ruling.NO_DIFFERENCE}
RULINGS = {
    "lower": _DIFFERS,
    "higher": _DIFFERS,
    "not lower": {Told.BETTER: Ruling.CONTRADICTED, Told.WORSE: Ruling.SUPPORTED, Told.SAME: Ruling.SUPPORTED},
    "not higher": {Told.BETTER: Ruling.SUPPORTED, Told.WORSE: Ruling.CONTRADICTED, Told.SAME: Ruling.SUPPORTED},
    "same": {Told.BETTER: Ruling.CONTRADICTED, Told.WORSE: Ruling.CONTRADICTED, Told.SAME: Ruling.SUPPORTED},
}
"""What two rows' comparison says of a claim, by the claim's direction."""


@dataclass(frozen=True)
class Verdict:
    """A claim in one place; `pair` has its row first, or second where it is to be higher, None where it was not run."""

    claim: Claim
    measured: Measured
    pair: Pair | None

    @property
    def ruling(self) -> Ruling:
        """What is said of it."""
        if self.pair is None:
            return Ruling.NOT_RUN
        return RULINGS[self.claim.direction].get(self.pair.verdict, Ruling.UNDECIDED)

    @property
    def quantity(self) -> Quantity | None:
        """What the claim is about; None where it was not run."""
        return self.measured.quantities.get(self.claim.quantity)

    @property
    def difference(self) -> tuple[float, float | None, float | None] | None:
        """The row minus the other, with its 95 % interval, in the quantity's own sign."""
        if self.pair is None:
            return None
        low, high = self.pair.low, self.pair.high
        if self.claim.direction != "higher":
            return self.pair.difference, low, high
        return -self.pair.difference, None if high is None else -high, None if low is None else -low


def judge(experiment: Experiment, places: Sequence[Place], measured: Sequence[Measured]) -> list[Verdict]:
    """Judge every claim in every place that it is about, two-sided, Holm over all that were run."""
    found = [
        Verdict(claim, each, _pair(experiment, claim, each))
        for claim in experiment.claims
        for place, each in zip(places, measured, strict=True)
        if any(setting in experiment.settings_of(claim) for setting in place.settings)
    ]
    adjusted = iter(adjust([each.pair for each in found if each.pair]))
    return [Verdict(each.claim, each.measured, next(adjusted) if each.pair else None) for each in found]


def _pair(experiment: Experiment, claim: Claim, measured: Measured) -> Pair | None:
    sides = [measured.tables.get((experiment.row(label).specs[0], claim.quantity)) for label in (claim.row, claim.than)]
    a, b = sides[::-1] if claim.direction == "higher" else sides
    if a is None or b is None or a.shape != b.shape:
        return None
    spread = measured.spreads.get(claim.quantity, Spread())
    other = sides[1]
    assert other is not None
    return compare_pair(a, b, measured.quantities[claim.quantity].allowed(float(other.mean())), spread)
