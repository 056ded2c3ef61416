"""The tests that are marked gpu; on the CPU those on fake CUDA tensors, so that the part itself is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gpu.part import Check

ROOT = Path(__file__).parents[3]


class _Counted:
    """Counts how tests ended."""

    def __init__(self) -> None:
        self.ended: dict[str, int] = {"passed": 0, "failed": 0, "skipped": 0}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.ended[report.outcome] += 1


def measure(check: Check) -> None:
    """Run them; a failure and none that ran fail the part."""
    counted = _Counted()
    chosen = ["-m", "gpu", "tests"] if check.device == "cuda" else ["tests/test_fake_cuda.py", "-k", "data or backbone"]
    words = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-W", "default"]
    code = pytest.main([*words, f"--basetemp={check.folder / 'pytest'}", *chosen], plugins=[counted])
    check.note("tests", counted.ended)
    check.require(code == 0, f"pytest ended with {code!r}")
    check.require(counted.ended["passed"] > 0, "no test ran")
