"""What so many seeds would tell in a suite, and in how many minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixbench.compare.column import Column
from mixbench.compare.pair import spread_of
from mixbench.compare.plan import Planned, pair_detectable, plan_seeds, power_table
from mixbench.compare.sequential import MOST_SEEDS, plan_sequential
from mixbench.compare.versus.panel import Panel
from mixbench.runs.engine import workers_for
from mixbench.runs.plan import plan_spec
from mixbench.runs.store import Store
from mixbench.runs.timeleft import job_seconds, timed_seconds
from mixbench.spec.device import Device
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import SURROGATE_SEED
from mixbench.spec.suite import Suite

SEEDS = (2, 3, 5, 10, 20, 50)


@dataclass(frozen=True)
class Times:
    """Minutes of work on so many workers: of one seed of one method, and of what all share once.

    None where nothing like it was timed. `source` is who says so.
    """

    seed: float | None
    shared: float | None
    workers: int
    source: str

    def of(self, seeds: int | float | None, methods: int = 2) -> float | None:
        """Return the minutes that so many seeds of methods that were never trained here take."""
        if seeds is None or self.seed is None or self.shared is None:
            return None
        return (methods * seeds * self.seed + self.shared) / self.workers


@dataclass(frozen=True)
class Detection:
    """The seeds at which a difference of two methods is found with 80 % power; until decided, the mean number of them.

    None where no number finds it.
    """

    measure: str
    difference: float
    seeds: int | None
    minutes: float | None
    until_decided: float | None


def times(suite: Suite, backbone: str, device: Device, runs: Path) -> Times:
    """Return what was timed in a runs folder, else what the suite's file expects, of whole records."""
    jobs = [job for job in plan_spec(suite, backbone, ["erm"], [0], device).jobs if not job.guard]
    timed = timed_seconds(Store(runs))
    found = [(job, *job_seconds(job, suite, backbone, timed)) for job in jobs]
    sources = dict.fromkeys(source for _, _, source in found if source)
    shared = [seconds for job, seconds, _ in found if job.specs[0].seed == SURROGATE_SEED]
    own = [seconds for job, seconds, _ in found if job.specs[0].seed != SURROGATE_SEED]
    return Times(_minutes(own), _minutes(shared), workers_for([*jobs, *jobs]), " and ".join(sources))


def _minutes(seconds: Sequence[float | None]) -> float | None:
    known = [each for each in seconds if each is not None]
    return sum(known) / 60 if len(known) == len(seconds) else None


def column_of(panel: Panel, measure: str) -> Column:
    """Return a measure's column; MixBenchError where the panel tells nothing of it."""
    column = panel.column(measure)
    if column is None or column.panel.seed <= 0:
        raise MixBenchError(
            f"power: needed two methods or more with three seeds or more of {measure} and their outcomes, got"
            f" {len(panel.rows)}; 'mixbench sweep --aug erm --aug mixup --seed 0 --seed 1 --seed 2' makes them"
        )
    return column


def planned(column: Column, seeds: Sequence[int] = SEEDS) -> list[Planned]:
    """Return what each number of seeds would tell in a column."""
    return power_table(column, seeds)


def of_two(column: Column, seeds: Sequence[int] = SEEDS) -> list[Planned]:
    """Return what each number of seeds would tell of two methods alone, which is quick."""
    spread, examples = spread_of(column.panel, column.prior), column.panel.examples
    return [Planned(each, None, None, pair_detectable(spread, examples, each)) for each in seeds]


def detection(measure: str, column: Column, difference: float, minutes: Times) -> Detection:
    """Return what it takes to find a difference; MixBenchError for one that is not above 0."""
    if not 0 < difference < float("inf"):
        raise MixBenchError(f"--detect: needed a difference above 0 in the unit of {measure}, got {difference:g}")
    spread, examples = spread_of(column.panel, column.prior), column.panel.examples
    seeds = plan_seeds(spread, examples, difference)
    sequential = None
    if seeds is not None and seeds <= MOST_SEEDS:
        sequential = plan_sequential(spread, examples, difference, max(3, min(2 * seeds, MOST_SEEDS))).expected[1]
    return Detection(measure, difference, seeds, minutes.of(seeds), sequential)


def measures_of(panel: Panel, asked: str | None, headline: Sequence[str]) -> list[str]:
    """Return the measures to plan for: the one asked for, else the headline ones of which the panel tells."""
    if asked is not None:
        return [asked]
    return [name for name in headline if (column := panel.column(name)) and column.panel.seed > 0]
