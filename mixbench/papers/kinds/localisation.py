"""Weakly supervised localisation: every row's model is trained on labels alone, and asked where the item is.

Errors as in Zhou et al., 2016, and Yun et al., CutMix, 2019: the box that the true label's class activation map gives
misses where it overlaps the known one by less than a half; top-1 misses too where the label is not predicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mixbench.papers.bench import Bench, Key, Measured
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.kind import Kind
from mixbench.papers.kinds.running import carry_out
from mixbench.papers.kinds.sightings import drawn_sightings
from mixbench.papers.quantity import Outcomes, Quantity, Table, quantities_among
from mixbench.papers.settings import Place, suite_in, title_of, wanted_of, whole_specs
from mixbench.runs.jobs.localise import LocaliseJob
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.localisation import localise_jobs, plan_localisation
from mixbench.runs.partial import Wanted
from mixbench.runs.plan import Plan
from mixbench.spec.suite import Suite

OVERLAP = 0.5
"""From which on a box is right."""

TOP1 = Quantity("localisation.top1_error", "top-1 localisation error", 0.01)
KNOWN = Quantity("localisation.gt_known_error", "localisation error, label known", 0.01)


def missed(outcomes: Outcomes) -> np.ndarray:
    """Return whether each image's box misses (N,)."""
    return outcomes["overlap"] < OVERLAP


def top1_missed(outcomes: Outcomes) -> np.ndarray:
    """Return whether each image's box misses or its label is not predicted (N,)."""
    return missed(outcomes) | (outcomes["predicted"] != outcomes["label"])


READ = {TOP1: top1_missed, KNOWN: missed}


def measure_localisation(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Measured:
    """Train every row at every seed and localise the test images' items."""
    quantities = quantities_among(experiment.quantities_of(place.setting), READ)
    bare = Measured(place.setting, quantities=quantities, where=title_of(place))
    if place.lacks:
        return replace(bare, refused=f"needs {place.lacks}")
    jobs = _jobs(place, seeds, bench)
    ran = carry_out(plan_localisation(suite_in(place), place.backbone, jobs), experiment, bench)
    if ran.refused:
        return replace(bare, refused=ran.refused)
    made = {each: job.found(bench.venue.store) for each, (_, job) in jobs.items() if job.digest not in ran.unmade}
    return replace(bare, tables=_tables(place, seeds, made), faults=ran.faults)


def plan_of_localisation(_: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Sequence[Plan]:
    """Plan what `measure_localisation` would do."""
    return [plan_localisation(suite_in(place), place.backbone, _jobs(place, seeds, bench))]


def _jobs(place: Place, seeds: Sequence[int], bench: Bench) -> dict[Wanted, tuple[TrainJob, LocaliseJob]]:
    suite = suite_in(place)
    _check_boxes(suite)
    return localise_jobs(suite, place.backbone, wanted_of(place, seeds), bench.device)


def _check_boxes(suite: Suite) -> None:
    from mixbench.data.load import box_finder

    box_finder(suite.data)


def _tables(place: Place, seeds: Sequence[int], made: Mapping[Wanted, Outcomes]) -> dict[Key, Table]:
    return {
        (spec, quantity.name): np.stack([read(made[spec, seed]).astype(np.float64) for seed in seeds])
        for spec in whole_specs(place, seeds, made)
        for quantity, read in READ.items()
    }


LOCALISATION = Kind(measure_localisation, drawn_sightings, plan_of_localisation)
