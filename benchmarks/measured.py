"""What benchmarks have in common: works timed in turn, whole processes, and the rows that they make."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

Work = Callable[[], object]


@dataclass(frozen=True)
class Settings:
    """How thoroughly to measure: rounds, fewer sizes where `quick`, the largest ones too where `long`."""

    repeats: int
    quick: bool = False
    long: bool = False

    def few(self, most: int) -> int:
        """Return the rounds of what takes long."""
        return min(self.repeats, most)


@dataclass(frozen=True)
class Row:
    """One line of the table: a value a round, in `unit`, and what it is to be."""

    benchmark: str
    what: str
    unit: str
    values: Sequence[float]
    aim: str = ""

    def json(self) -> dict[str, object]:
        """Return it with median and extremes."""
        values = [round(float(value), 4) for value in self.values]
        spread = {"median": median(values), "least": min(values), "most": max(values)}
        return {"benchmark": self.benchmark, "what": self.what, "unit": self.unit, "aim": self.aim, **spread,
                "values": values}  # fmt: skip


def in_turn(works: Mapping[str, Work], repeats: int, warm: bool = True) -> dict[str, list[float]]:
    """Return each work's seconds a round, after one that does not count; every round has an order of its own."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    rng = np.random.default_rng(0)
    for _ in range(repeats + warm):
        for name in rng.permutation(list(works)):
            seconds[name].append(timed(works[name]))
    return {name: values[warm:] for name, values in seconds.items()}


def timed(work: Work) -> float:
    """Return the seconds that a work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratios(seconds: Mapping[str, Sequence[float]], over: str, under: str) -> list[float]:
    """Return one work's share of another's in each round."""
    return [a / b for a, b in zip(seconds[over], seconds[under], strict=True)]


def process(*words: str) -> None:
    """Run Python with these words in a process of its own; CalledProcessError with what it said where it fails."""
    done = subprocess.run([sys.executable, *words], env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr[-2000:]}")


def environment() -> dict[str, str]:
    """Return the environment without settings of threads, as whoever runs a command for the first time has it."""
    return {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "MIXBENCH_RUNS")}
