"""The gate: did robustness get worse, by more than is tolerated and by more than chance?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mixbench.gate.comparison import Comparison, compare_row
from mixbench.gate.matching import Match, Matches
from mixbench.gate.paired import Contrast, holm

ALPHA = 0.05


class Verdict(StrEnum):
    """What the gate says of a measure or of the whole."""

    OK = "ok"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    SHOWN = "not gated"
    NEW = "new"


@dataclass(frozen=True)
class Finding:
    """A comparison with its verdict; `p` is adjusted, `sees` the least worsening found nine times in ten."""

    comparison: Comparison
    verdict: Verdict
    reason: str
    p: float | None = None
    sees: float | None = None


@dataclass(frozen=True)
class Row:
    """The findings of one row of records."""

    match: Match
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Check:
    """Everything that the gate found."""

    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """A regression anywhere counts first, then a lack of evidence; only the rest is ok."""
        verdicts = {finding.verdict for row in self.rows for finding in row.findings}
        if Verdict.REGRESSION in verdicts:
            return Verdict.REGRESSION
        gated = verdicts & {Verdict.OK, Verdict.INCONCLUSIVE}
        return Verdict.OK if gated == {Verdict.OK} and not self.missing else Verdict.INCONCLUSIVE

    def findings(self, *verdicts: Verdict) -> list[tuple[Row, Finding]]:
        """Return the findings that have one of these verdicts, with their rows."""
        return [(row, each) for row in self.rows for each in row.findings if each.verdict in verdicts]


def check_matches(matches: Matches, tolerances: Mapping[str, float]) -> Check:
    """Compare every row and judge every measure, Holm over all of them.

    MixBenchError where outcomes contradict their record or were measured on other examples.
    """
    with np.errstate(all="ignore"):
        compared = [compare_row(match, tolerances) for match in matches.rows]
        findings = iter(judge([each for row in compared for each in row]))
    rows = [Row(match, tuple(next(findings) for _ in row)) for match, row in zip(matches.rows, compared, strict=True)]
    return Check(tuple(rows), matches.missing, matches.new)


def judge(comparisons: Sequence[Comparison]) -> list[Finding]:
    """Return a finding for each comparison; those with a test share one level of 5 % by Holm's method."""
    places = [place for place, each in enumerate(comparisons) if each.test is not None]
    adjusted = holm([comparisons[place].test.p for place in places])  # pyright: ignore[reportOptionalMemberAccess]
    p_values = dict(zip(places, adjusted, strict=True))
    level = ALPHA / max(1, len(places))
    return [_judge(each, p_values.get(place), level) for place, each in enumerate(comparisons)]


def _judge(each: Comparison, p: float | None, level: float) -> Finding:
    if not each.gated:
        return Finding(each, Verdict.SHOWN, "")
    if each.same:
        return Finding(each, Verdict.OK, "the same on every example")
    if each.new:
        return Finding(each, Verdict.NEW, "the baseline has no such reading")
    if each.test is None or p is None:
        return Finding(each, Verdict.INCONCLUSIVE, each.lacks)
    sees = each.test.sees(each.tolerance, level)
    verdict, reason = _weigh(each, each.test, p, sees)
    return Finding(each, verdict, reason, p, sees)


def _weigh(each: Comparison, test: Contrast, p: float, sees: float) -> tuple[Verdict, str]:
    if p < ALPHA and test.interval()[0] > each.tolerance:
        if each.seeds_agree:
            return Verdict.REGRESSION, "worse by more than its tolerance, and not by chance"
        return Verdict.INCONCLUSIVE, "worse by more than its tolerance, but the seeds disagree; add seeds"
    if test.difference > each.tolerance:
        return Verdict.INCONCLUSIVE, "worse by more than its tolerance, which may be chance; add seeds or examples"
    if not sees - each.tolerance <= max(each.blind, each.tolerance):
        return Verdict.INCONCLUSIVE, "too little evidence to see even a gross regression; add seeds or examples"
    return Verdict.OK, ""
