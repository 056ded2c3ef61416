"""Which further trainings would decide what is inconclusive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from mixbench.gate.check import Check, Row
from mixbench.gate.comparison import NOTHING_KNOWN
from mixbench.gate.contrast import MOST_SEEDS
from mixbench.gate.newflags import ENOUGH
from mixbench.gate.verdict import Finding, Verdict
from mixbench.gate.wanted import BASELINE, CANDIDATE, Wanted
from mixbench.results.found import Found
from mixbench.results.record import Record

FEWEST = 2
"""Trainings on a side that tell what the examples do from what each training does."""


def wanted(check: Check, candidate: Path, baseline: Path, suite: str | None = None) -> list[Wanted]:
    """Return the trainings that would decide, of the candidate first; none where no number of them would.

    First what the baseline has and the candidate lacks; else as many seeds as decide four times in five if the
    differences are what they are, on both sides where the candidate's alone would not do.
    """
    if check.verdict is Verdict.REGRESSION:
        return []
    places = {CANDIDATE: candidate, BASELINE: baseline}
    if check.absent:
        found = [(CANDIDATE, lost[0].record, _numbers(lost)) for lost in _by_row(check.absent)]
    else:
        found = [each for row in check.rows if Verdict.INCONCLUSIVE in row.verdicts for each in _of_row(row)]
    made = [Wanted(side, like, seeds, places[side], suite) for side, like, seeds in found if seeds]
    return sorted(made, key=lambda each: each.side != CANDIDATE)


def undecidable(check: Check) -> list[str]:
    """Return the inconclusive measures that no number of trainings decides, if the differences are what they are."""
    return [
        finding.comparison.measure
        for row, finding in check.findings(Verdict.INCONCLUSIVE)
        if finding.comparison.test
        and min(finding.comparison.test.trainings) >= FEWEST
        and _needed(row, finding) is None
    ]


def _by_row(absent: Sequence[Found]) -> Iterable[list[Found]]:
    rows: dict[tuple[str, ...], list[Found]] = {}
    for found in absent:
        record = found.record
        key = record.suite_digest, record.backbone, record.augmentation, record.name or ""
        rows.setdefault(key, []).append(found)
    return rows.values()


def _numbers(side: Sequence[Found]) -> tuple[int, ...]:
    return tuple(found.record.seed for found in side if found.record.seed is not None)


def _of_row(row: Row) -> list[tuple[str, Record, tuple[int, ...]]]:
    before, after = row.match.baseline, row.match.candidate
    doubtful = [each for each in row.findings if each.verdict is Verdict.INCONCLUSIVE]
    needed = [each for finding in doubtful if finding.comparison.test and (each := _needed(row, finding))]
    if row.flags or any(finding.comparison.lacks == NOTHING_KNOWN for finding in doubtful):
        needed.append((max(ENOUGH - len(before), 0), max(ENOUGH - len(after), 0)))
    if not needed:
        return []
    more = [max(each[place] for each in needed) for place in (0, 1)]
    return [
        (CANDIDATE, after[0].record, _next(after, before, more[1])),
        (BASELINE, before[0].record, _next(before, after, more[0])),
    ]


def _needed(row: Row, finding: Finding) -> tuple[int, int] | None:
    """How many more trainings of the baseline and of the candidate; None where none would do."""
    test, tolerance = finding.comparison.test, finding.comparison.tolerance
    if test is None:
        return None
    (s, t), level = test.trainings, row.level / finding.comparison.classes
    if min(s, t) < FEWEST:
        test = replace(test, floor=0.0)
    for more in range(1, MOST_SEEDS + 1):
        if test.with_trainings(s, t + more).decides(tolerance, level):
            return 0, more
    for both in range(max(s, t) + 1, MOST_SEEDS + max(s, t) + 1):
        if test.with_trainings(both, both).decides(tolerance, level):
            return both - s, both - t
    return None


def _next(side: Sequence[Found], other: Sequence[Found], more: int) -> tuple[int, ...]:
    """The next seeds of a side: first those that the other has."""
    have = set(_numbers(side))
    shared = [seed for seed in sorted(_numbers(other)) if seed not in have]
    fresh = (seed for seed in count() if seed not in have and seed not in shared)
    return tuple(sorted([*shared, *(next(fresh) for _ in range(max(more - len(shared), 0)))][:more]))
