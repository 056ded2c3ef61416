"""Seconds on a device, the work waited for; medians of runs that alternate, with their spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

from benchmarks.gpu.part import Check


def seconds_each(check: Check, work: Callable[[], object], repeats: int = 10) -> float:
    """Return the seconds of a piece of work, the mean of some after a first one."""
    work()
    check.wait()
    begun = time.perf_counter()
    for _ in range(repeats):
        work()
    check.wait()
    return (time.perf_counter() - begun) / repeats


def alternated(check: Check, sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each side in every round, all in turn, after a first round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for each in range(rounds + 1):
        for name, work in sides.items():
            check.wait()
            begun = time.perf_counter()
            work()
            check.wait()
            if each:
                found[name].append(time.perf_counter() - begun)
    return found


def spread(seconds: list[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {"median": median(seconds), "least": min(seconds), "most": max(seconds)}
