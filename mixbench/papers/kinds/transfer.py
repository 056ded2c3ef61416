"""Transfer: every row's model is trained under one suite and then fine-tuned, all alike, under another.

The error is the fine-tuned model's on the other suite's test images.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mixbench.papers.bench import Bench, Key, Measured
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.kind import Kind
from mixbench.papers.kinds.plane import decision_planes
from mixbench.papers.kinds.running import carry_out
from mixbench.papers.quantity import Quantity, Table, quantities_among
from mixbench.papers.settings import Place, suite_in, title_of, wanted_of, whole_specs
from mixbench.results.outcomes import load_outcomes
from mixbench.runs.fine_tuning import check_alike, fine_tunings
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.partial import Wanted, guarded, trainings_of
from mixbench.runs.plan import Plan
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite, load_suite

ERROR = Quantity("transfer.top1_error", "top-1 error after fine-tuning", 0.01)

Jobs = Mapping[Wanted, TrainJob]


def measure_transfer(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Measured:
    """Train every row at every seed, fine-tune each model, and count its errors there."""
    quantities = quantities_among(experiment.quantities_of(place.setting), [ERROR])
    bare = Measured(place.setting, quantities=quantities, where=title_of(place))
    if place.lacks:
        return replace(bare, refused=f"needs {place.lacks}")
    target = _target(experiment, place)
    pretrainings = trainings_of(suite_in(place), place.backbone, wanted_of(place, seeds), bench.device)
    first = carry_out(guarded(suite_in(place), place.backbone, list(pretrainings.values())), experiment, bench)
    if first.refused:
        return replace(bare, refused=first.refused)
    begun = {each: job for each, job in pretrainings.items() if job.digest not in first.unmade}
    if not begun:
        return replace(bare, faults=first.faults)
    jobs = fine_tunings(target, place.backbone, begun, bench.device)
    then = carry_out(guarded(target, place.backbone, list(jobs.values())), experiment, bench)
    if then.refused:
        return replace(bare, refused=then.refused)
    tables = _tables(place, seeds, _wrong(jobs, target, then.unmade, bench.venue.store))
    return replace(bare, tables=tables, faults=(*first.faults, *then.faults))


def plan_of_transfer(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Sequence[Plan]:
    """Plan what `measure_transfer` would train, first under the one suite, then under the other."""
    suite, target = suite_in(place), _target(experiment, place)
    pretrainings = trainings_of(suite, place.backbone, wanted_of(place, seeds), bench.device)
    jobs = fine_tunings(target, place.backbone, pretrainings, bench.device)
    return [
        guarded(suite, place.backbone, list(pretrainings.values())),
        guarded(target, place.backbone, list(jobs.values())),
    ]


def _target(experiment: Experiment, place: Place) -> Suite:
    if experiment.onto is None:
        raise MixBenchError(f"experiment {experiment.key}: needed a suite to fine-tune for, got none; add onto to it")
    target = load_suite(experiment.onto)
    check_alike(suite_in(place), target)
    return target


def _wrong(jobs: Jobs, target: Suite, unmade: Collection[str], store: Store) -> dict[Wanted, np.ndarray]:
    """Whether each test image is taken for another class (N,), of the trainings that there are."""
    from mixbench.data.load import load

    labels = load(target.data).test.labels.numpy()
    made = {each: job for each, job in jobs.items() if job.digest not in unmade}
    predicted = {
        each: load_outcomes(store.file(job.kind, job.digest, "outcomes.npz"))["test_predicted"]
        for each, job in made.items()
    }
    return {each: (found != labels).astype(np.float64) for each, found in predicted.items()}


def _tables(place: Place, seeds: Sequence[int], wrong: Mapping[Wanted, np.ndarray]) -> dict[Key, Table]:
    whole = whole_specs(place, seeds, wrong)
    return {(spec, ERROR.name): np.stack([wrong[spec, seed] for seed in seeds]) for spec in whole}


TRANSFER = Kind(measure_transfer, decision_planes, plan_of_transfer)
