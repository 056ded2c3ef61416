"""The arrays that a record's outcomes must have: exactly these, with these types and sizes, and numbers only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mixbench.results.array import Array, Per
from mixbench.results.arrays import BY_NAME, expected
from mixbench.submission.checks.case import Case, Layout
from mixbench.submission.checks.draws import LAMBDAS

SLACK = 1e-5
"""What float32 leaves of a probability."""


def check_arrays(case: Case, layout: Layout, outcomes: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Missing and unknown arrays, other types and sizes, NaN and infinities."""
    needed, lengths = {array.name: array for array in arrays_of(case, layout)}, sizes(layout)
    for name in sorted(needed.keys() - outcomes.keys()):
        yield f"outcomes.{name}: is missing"
    for name in sorted(outcomes.keys() - needed.keys()):
        yield f"outcomes.{name}: unknown array"
    for name in sorted(needed.keys() & outcomes.keys()):
        kind, shape, found = needed[name].kind, needed[name].shape(lengths), outcomes[name]
        if (found.dtype.name, found.shape) != (kind, shape):
            yield f"outcomes.{name}: needed {kind} {_size(shape)}, got {found.dtype.name} {_size(found.shape)}"
        elif found.dtype.kind == "f" and not np.isfinite(found).all():
            yield f"outcomes.{name}: needed numbers, got NaN or infinities"


def check_ranges(layout: Layout, outcomes: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Values that nothing could be computed from."""
    for name, values in outcomes.items():
        low, high = BY_NAME[name].limits(layout.data.classes)
        slack = SLACK if values.dtype.kind == "f" else 0
        if not low - slack <= values.min() <= values.max() <= high + slack:
            yield f"outcomes.{name}: needed {_span(low, high)}, got {_span(values.min(), values.max())}"


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def arrays_of(case: Case, layout: Layout) -> tuple[Array, ...]:
    """Return the arrays that a record must have; weights trained elsewhere have no trainings'."""
    roles = () if case.external else ("model", *layout.noises)
    shifts = [shift.name for shift in layout.shifts]
    return expected(roles, case.record.groups, case.record.outcomes.version, shifts, layout.data.values.mixers)


def sizes(layout: Layout) -> dict[Per, int]:
    """Return how many of everything a suite has."""
    return {
        Per.TEST: layout.data.test_images,
        Per.TRAIN: layout.data.train_images,
        Per.PAIR: layout.battery.pairs,
        Per.SIDE: 2,
        Per.EPOCH: layout.budget.epochs,
        Per.LAMBDA: len(LAMBDAS),
        Per.EPS: len(layout.battery.eps_curve),
    }


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "one number"
