"""The record beside others: the same one, the same measurement, the same outcomes, or other labels than theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mixbench.results.found import Found
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import Record, identity
from mixbench.results.shifts import condition
from mixbench.spec.errors import MixBenchError
from mixbench.spec.shifts import SHIFTS
from mixbench.submission.checks.case import Case

_SHARED = ("labels", "model.given", *(f"{condition(shift)}.apart" for shift in SHIFTS))


def check_duplicates(case: Case, others: Sequence[Found]) -> Iterator[str]:
    """Doubles by digest, by what was measured and by outcomes."""
    record = case.record
    for path, other in others:
        if path.parent == case.path.parent and other.outcomes.file == record.outcomes.file:
            yield f"outcomes.file: that of {path.name}; each record needs a file of its own"
        if other.digest == record.digest:
            yield f"digest: the record is there already, as {path.name}"
        elif other.suite_digest == record.suite_digest:
            yield from _check_double(path.name, record, other)


def _check_double(name: str, record: Record, other: Record) -> Iterator[str]:
    if identity(other) == identity(record):
        yield f"augmentation and seed: measured already on this suite and backbone, in {name}"
        return
    if other.outcomes.sha256 == record.outcomes.sha256:
        yield f"outcomes: those of {name}, which is another measurement"


def check_shared(case: Case, outcomes: Mapping[str, np.ndarray], others: Sequence[Found]) -> Iterator[str]:
    """The labels of the data set and who is counted apart, which every record of one suite shares."""
    for path, other in others:
        if other.suite_digest != case.record.suite_digest or path == case.path:
            continue
        try:
            theirs = load_outcomes(path.parent / other.outcomes.file)
        except MixBenchError:
            continue
        for name in _SHARED:
            if name in theirs and name in outcomes and not np.array_equal(theirs[name], outcomes[name]):
                yield f"outcomes.{name}: not those of {path.name}, which is of the same suite"
        return
