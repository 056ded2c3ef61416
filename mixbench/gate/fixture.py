"""The regression gate as a pytest fixture; pytest loads this file everywhere, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Protocol

import pytest


class Gate(Protocol):
    """What the fixture gives to a test."""

    def __call__(
        self,
        candidate: str | PathLike[str],
        *,
        baseline: str | PathLike[str],
        tolerances: Mapping[str, float] | None = None,
        allow_inconclusive: bool = False,
        anchor: str | PathLike[str] | None = None,
    ) -> None:
        """Fail the test as `mixbench check` would."""
        ...


@pytest.fixture
def mixbench_gate() -> Gate:
    """Return the gate: `mixbench_gate("runs", baseline="baseline")` fails on a regression, with the table.

    Too little evidence fails too, unless allowed; missing records always do. MixBenchError where the records cannot be
    read or compared.
    """
    return assert_no_regression


def assert_no_regression(
    candidate: str | PathLike[str],
    *,
    baseline: str | PathLike[str],
    tolerances: Mapping[str, float] | None = None,
    allow_inconclusive: bool = False,
    anchor: str | PathLike[str] | None = None,
) -> None:
    """Raise an AssertionError with the table where robustness regressed or, unless allowed, where that is unclear."""
    __tracebackhide__ = True
    from mixbench.gate.gating import gate

    found = gate(Path(candidate), Path(baseline), tolerances, None if anchor is None else Path(anchor))
    if not found.passes(allow_inconclusive):
        from mixbench.gate.table import check_text

        raise AssertionError(check_text(found))
