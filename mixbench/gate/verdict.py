"""What is said of a comparison: worse by more than is tolerated and by more than chance, or not, or not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mixbench.compare import holm
from mixbench.gate.comparison import Comparison
from mixbench.gate.contrast import ALPHA, BETA, Contrast


class Verdict(StrEnum):
    """What the gate says of a measure or of the whole."""

    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    OK = "ok"
    IMPROVED = "improved"
    SHOWN = "not gated"
    NEW = "new"


GOOD = (Verdict.OK, Verdict.IMPROVED)
TESTED = (Verdict.REGRESSION, Verdict.INCONCLUSIVE, *GOOD)
"""The verdicts of what is gated."""


@dataclass(frozen=True)
class Finding:
    """A comparison with its verdict; `p` is the one that decided it.

    `p_holm` is that of 'worse by at most the tolerance' after Holm, `sees` the least worsening found nine times in ten.
    """

    comparison: Comparison
    verdict: Verdict
    reason: str
    p: float | None = None
    p_holm: float | None = None
    sees: float | None = None


def judge(comparisons: Sequence[Comparison]) -> list[Finding]:
    """Return a finding for each comparison; those with a test share one level by Holm's method."""
    places = [place for place, each in enumerate(comparisons) if each.test is not None]
    adjusted = holm([comparisons[place].p_worse for place in places])
    p_values = dict(zip(places, adjusted, strict=True))
    level = ALPHA / max(1, len(places))
    return [_judge(each, p_values.get(place), level) for place, each in enumerate(comparisons)]


def _judge(each: Comparison, p_holm: float | None, level: float) -> Finding:
    if not each.gated:
        return Finding(each, Verdict.SHOWN, "")
    if each.same:
        return Finding(each, Verdict.OK, "the same on every example")
    if each.new:
        return Finding(each, Verdict.NEW, "the baseline has no such reading")
    if each.test is None or p_holm is None:
        return Finding(each, Verdict.INCONCLUSIVE, each.lacks)
    verdict, reason, p = _weigh(each, each.test, p_holm)
    reason = f"class {each.worst}: {reason}" if reason and each.worst is not None else reason
    return Finding(each, verdict, reason, p, p_holm, each.test.sees(each.tolerance, level / each.classes))


def _weigh(each: Comparison, test: Contrast, p_holm: float) -> tuple[Verdict, str, float]:
    if p_holm <= ALPHA:
        return Verdict.REGRESSION, "worse by more than its tolerance, and not by chance", p_holm
    if each.p_within < BETA:
        better = test.interval()[1] < 0
        return Verdict.IMPROVED if better else Verdict.OK, "", each.p_within
    if test.difference > each.tolerance:
        return Verdict.INCONCLUSIVE, "worse by more than its tolerance, which may be chance", p_holm
    return Verdict.INCONCLUSIVE, "too little evidence that it is not worse by more than its tolerance", each.p_within
