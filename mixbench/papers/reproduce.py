"""Run an experiment: places, numbers, verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixbench.papers.bench import Bench, Measured
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.table import kind_of
from mixbench.papers.settings import Place, seeds_of
from mixbench.papers.verdict import Verdict, judge


@dataclass(frozen=True)
class Reproduced:
    """An experiment as measured here, and what that says of its claims."""

    experiment: Experiment
    places: Sequence[Place]
    measured: Sequence[Measured]
    verdicts: Sequence[Verdict]
    seeds: int


def reproduce(experiment: Experiment, places: Sequence[Place], seeds: Sequence[int], bench: Bench) -> Reproduced:
    """Measure an experiment place by place and judge its claims; MixBenchError for what stops the whole."""
    measure = kind_of(experiment.kind).measure
    measured = [measure(experiment, place, seeds, bench) for place in places]
    return Reproduced(experiment, places, measured, judge(experiment, places, measured), len(seeds))


def seeds_for(experiment: Experiment, places: Sequence[Place], wanted: int | None, bench: Bench) -> Sequence[int]:
    """Return the seeds that are wanted; else those that the experiment asks for, or more where records have more.

    What is finished is never left out, and how much of it there is depends on no outcome. MixBenchError for no number
    of seeds.
    """
    if wanted is not None:
        return seeds_of(wanted)
    known = kind_of(experiment.kind).known
    there = min((known(experiment, place, bench) for place in places if not place.lacks), default=0) if known else 0
    return seeds_of(max(experiment.seeds, there))
