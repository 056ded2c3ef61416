"""What a kind of experiment is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mixbench.papers.bench import Bench, Measured
from mixbench.papers.experiment import Experiment
from mixbench.papers.settings import Place
from mixbench.runs.plan import Plan
from mixbench.show.figure import Drawable

Measure = Callable[[Experiment, Place, Sequence[int], Bench], Measured]
Drawn = Callable[[Experiment, Sequence[Place], Sequence[int], Bench], Drawable]
Planned = Callable[[Experiment, Place, Sequence[int], Bench], Sequence[Plan]]
Known = Callable[[Experiment, Place, Bench], int]


@dataclass(frozen=True)
class Kind:
    """How all rows of an experiment are measured in one place, what that would train, and how the figure is drawn.

    What the data lack `measure` says in `Measured.refused`; MixBenchError for what stops the whole. `plan` gives
    what comes one after another, and is None where the models are no suite's. `known`, how many seeds, 0 and on, there
    are records of every row of, is None where records say nothing.
    """

    measure: Measure
    picture: Drawn
    plan: Planned | None = None
    known: Known | None = None
