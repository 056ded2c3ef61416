"""Everything that speaks against a record: each reason, never only the first. Nothing of a record is executed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from mixbench.results.array import Outcomes
from mixbench.results.found import Found
from mixbench.results.outcomes import parse_outcomes, read_outcomes
from mixbench.results.record import load_content
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.submission.checks.arrays import check_arrays, check_ranges
from mixbench.submission.checks.case import Case, Facts, Known
from mixbench.submission.checks.content import (
    check_digest,
    check_file,
    check_keys,
    check_lean,
    check_outcomes_file,
    check_spare,
    check_text,
    check_written,
    faults_of,
    usable,
)
from mixbench.submission.checks.examples import check_draws
from mixbench.submission.checks.model import check_backbone
from mixbench.submission.checks.others import check_duplicates, check_shared
from mixbench.submission.checks.provenance import check_provenance
from mixbench.submission.checks.recompute import check_recomputed
from mixbench.submission.checks.setting import check_battery, check_suite, check_trainings
from mixbench.submission.checks.spec import check_sources, check_spec

__all__ = ["Facts", "Known", "Reason", "reasons_against"]

MAX_REASONS = 200
MAX_EXAMPLES = 50_000
"""Test images, and pairs, of a suite that nobody here knows: as the largest shipped has, some 15 s of bootstrap."""

_CHECKS = (
    check_battery,
    check_suite,
    check_backbone,
    check_spec,
    check_sources,
    check_trainings,
    check_provenance,
)


class Reason(NamedTuple):
    """What speaks against a record, one line without anything that cannot be seen; `path` is the record's file."""

    path: str
    reason: str


def reasons_against(path: Path, known: Known, others: Sequence[Found] = ()) -> list[Reason]:
    """Return every reason against a record as a submission; none where nothing speaks against it.

    `others` are the records that it would stand beside; the record itself, by its path, does not count.
    """
    beside = [found for found in others if found.path != path]
    lines = dict.fromkeys(plain(reason, most=600) for reason in _reasons(path, known, beside))
    shown = list(islice(lines, MAX_REASONS))
    if len(lines) > MAX_REASONS:
        shown.append(f"and {len(lines) - MAX_REASONS} more reasons")
    return [Reason(plain(str(path)), line) for line in shown]


def _reasons(path: Path, known: Known, others: Sequence[Found]) -> Iterator[str]:
    yield from check_file(path)
    try:
        content = load_content(path)
    except MixBenchError as error:
        yield str(error).removeprefix(f"record {path}: ")
        return
    yield from check_keys(path)
    yield from check_text(content)
    yield from faults_of(content)
    yield from check_digest(content)
    yield from check_written(path, content)
    record = usable(content)
    if record is None:
        return
    case = Case(path, record, known)
    for check in _CHECKS:
        yield from check(case)
    yield from check_duplicates(case, others)
    yield from _outcomes_reasons(case, others)


def _outcomes_reasons(case: Case, others: Sequence[Found]) -> Iterator[str]:
    path = case.path.parent / case.record.outcomes.file
    if reasons := list(check_outcomes_file(path)):
        yield from reasons
        return
    try:
        content = read_outcomes(path)
        if (found := hashlib.sha256(content).hexdigest()) != case.record.outcomes.sha256:
            yield f"outcomes.sha256: needed {case.record.outcomes.sha256}, got {found}; {path.name} is another file"
        outcomes = parse_outcomes(path, content)
    except MixBenchError as error:
        yield str(error).replace(str(path), path.name)
        return
    yield from check_spare(content)
    yield from check_lean(path, content)
    yield from _number_reasons(case, outcomes, others)


def _number_reasons(case: Case, outcomes: Outcomes, others: Sequence[Found]) -> Iterator[str]:
    layout = case.layout
    most = max(layout.data.test_images, layout.battery.pairs) if layout else 0
    if layout is None or (case.suite is None and most > MAX_EXAMPLES):
        yield "settings: no suite's that the outcomes could be held against"
        return
    # Nothing can be computed from other arrays, or from values out of range.
    for reasons in (check_arrays(case, layout, outcomes), check_ranges(layout, outcomes)):
        if found := list(reasons):
            yield from found
            return
    yield from check_draws(case, layout, outcomes)
    yield from check_recomputed(case, layout, outcomes)
    yield from check_shared(case, outcomes, others)
