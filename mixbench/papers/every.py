"""Every experiment that runs in minutes, one after another; one that cannot be run does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass

from mixbench.papers.bench import Bench
from mixbench.papers.experiment import Experiment, experiment_names, load_experiment
from mixbench.papers.reproduce import Reproduced, reproduce, seeds_for
from mixbench.papers.settings import places_of
from mixbench.papers.verdict import Ruling, Verdict
from mixbench.spec.errors import MixBenchError, StorageFull, TrainingStopped


@dataclass(frozen=True)
class Run:
    """An experiment on a suite, and what came of it, or why nothing did."""

    experiment: Experiment
    on: str
    made: Reproduced | None
    fault: str = ""

    @property
    def judged(self) -> list[Verdict]:
        """The claims that were judged."""
        return [each for each in self.made.verdicts if each.ruling is not Ruling.NOT_RUN] if self.made else []

    @property
    def open(self) -> int:
        """How many claims were not."""
        return len(self.made.verdicts if self.made else self.experiment.claims) - len(self.judged)

    @property
    def reasons(self) -> list[str]:
        """Why something was not run, or failed."""
        measured = self.made.measured if self.made else ()
        found = [self.fault, *(reason for each in measured for reason in (each.refused, *each.faults))]
        return list(dict.fromkeys(reason for reason in found if reason))


def all_here() -> list[tuple[Experiment, str]]:
    """Return the shipped experiments, each with every suite on which it runs in minutes."""
    return [(each, on) for each in map(load_experiment, experiment_names()) for on in each.here]


def run_one(experiment: Experiment, on: str, seeds: int | None, bench: Bench) -> Run:
    """Run an experiment, at `seeds` seeds or those of `seeds_for`; MixBenchError where nothing else could go on."""
    try:
        places = places_of(experiment, on)
        return Run(experiment, on, reproduce(experiment, places, seeds_for(experiment, places, seeds, bench), bench))
    except (StorageFull, TrainingStopped):
        raise
    except MixBenchError as error:
        return Run(experiment, on, None, str(error))
