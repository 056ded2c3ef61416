"""The gate: did robustness get worse in any row of records?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixbench.gate.calibration import Calibration
from mixbench.gate.compare import compare_row
from mixbench.gate.comparison import NO_OUTCOMES
from mixbench.gate.contrast import ALPHA, mistaken
from mixbench.gate.matching import Match, Matches, method_of, title
from mixbench.gate.newflags import NewFlag, new_flags
from mixbench.gate.verdict import GOOD, Finding, Verdict, judge
from mixbench.gate.wanted import Wanted
from mixbench.results.found import Found

BASELINE, ANCHOR = "baseline", "anchor"


@dataclass(frozen=True)
class Row:
    """The findings of one row of records against a baseline or an anchor; `level` is what a single p is held against.

    `calibrated` says whether the method's own trainings are in a calibration, None where there is none; `mistaken` how
    often a worsening by the tolerance is called ok if they are not in it and twice as noisy as those that are.
    """

    match: Match
    findings: tuple[Finding, ...]
    flags: tuple[NewFlag, ...] = ()
    against: str = BASELINE
    calibrated: bool | None = None
    level: float = ALPHA
    mistaken: float | None = None

    @property
    def verdicts(self) -> set[Verdict]:
        """What is said of its measures and flags."""
        flags = {Verdict.REGRESSION if flag.sure else Verdict.INCONCLUSIVE for flag in self.flags}
        return flags | {finding.verdict for finding in self.findings}


@dataclass(frozen=True)
class Check:
    """Everything that the gate found; `absent` are the baseline's records that the candidate lacks.

    `wanted` are the trainings that would decide what is inconclusive, `undecidable` the measures that none would.
    """

    rows: tuple[Row, ...]
    absent: tuple[Found, ...] = ()
    new: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    undecidable: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What the candidate lacks, a line each."""
        return tuple(title(found.record) for found in self.absent)

    @property
    def incomplete(self) -> bool:
        """Whether records or outcomes are missing, which is no lack of evidence that could be allowed."""
        lacks = {finding.comparison.lacks for row in self.rows for finding in row.findings}
        return bool(self.absent) or NO_OUTCOMES in lacks

    @property
    def verdict(self) -> Verdict:
        """A regression anywhere counts first, then a lack of evidence; only the rest is ok."""
        verdicts = set().union(*(row.verdicts for row in self.rows))
        if Verdict.REGRESSION in verdicts:
            return Verdict.REGRESSION
        doubtful = Verdict.INCONCLUSIVE in verdicts or self.incomplete or not verdicts & set(GOOD)
        return Verdict.INCONCLUSIVE if doubtful else Verdict.OK

    def passes(self, allow_inconclusive: bool) -> bool:
        """Return whether all is well, or allowed: too little evidence may be, missing records may not."""
        allowed = allow_inconclusive and self.verdict is Verdict.INCONCLUSIVE and not self.incomplete
        return self.verdict is Verdict.OK or allowed

    def findings(self, *verdicts: Verdict) -> list[tuple[Row, Finding]]:
        """Return the findings that have one of these verdicts, with their rows."""
        return [(row, each) for row in self.rows for each in row.findings if each.verdict in verdicts]

    def flags(self, sure: bool) -> list[tuple[Row, NewFlag]]:
        """Return the new flags that are sure, or those that are not, with their rows."""
        return [(row, flag) for row in self.rows for flag in row.flags if flag.sure is sure]


Calibrate = Callable[[Found], Calibration | None]


def check_matches(
    matches: Matches,
    tolerances: Mapping[str, float],
    calibrate: Calibrate = lambda found: None,
    anchored: Sequence[Match] = (),
) -> Check:
    """Compare every row with its baseline, and with its anchor, and judge every measure, Holm over all of them.

    MixBenchError where outcomes contradict their record or were measured on other examples.
    """
    rows = [(match, BASELINE) for match in matches.rows] + [(match, ANCHOR) for match in anchored]
    known = [calibrate(match.candidate[0]) for match, _ in rows]
    with np.errstate(all="ignore"):
        compared = [compare_row(match, tolerances, each) for (match, _), each in zip(rows, known, strict=True)]
        every = [each for row in compared for each in row]
        findings = iter(judge(every))
    level = ALPHA / max(1, sum(each.test is not None for each in every))
    made = [
        Row(
            match, tuple(next(findings) for _ in row), new_flags(match), against, _calibrated(match, each), level,
            _mistaken(match, each),
        )
        for (match, against), each, row in zip(rows, known, compared, strict=True)
    ]  # fmt: skip
    return Check(tuple(made), matches.missing, matches.new)


def _calibrated(match: Match, calibration: Calibration | None) -> bool | None:
    if calibration is None:
        return None
    return all(method_of(side[0].record) in calibration.seeds for side in (match.baseline, match.candidate))


def _mistaken(match: Match, calibration: Calibration | None) -> float | None:
    if calibration is None or _calibrated(match, calibration):
        return None
    weights = [calibration.weight(noise) for noise in calibration.measures.values()]
    # Pairs of the same seeds tell of their differences alone.
    own = len(match.baseline) - 1 if match.paired else len(match.baseline) + len(match.candidate) - 2
    return mistaken(float(np.median(weights)), own)
