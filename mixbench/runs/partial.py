"""What some measures need of a plan's records, where not all of a record is wanted yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mixbench.augment.build import canonical, composition
from mixbench.results.arrays import compact
from mixbench.results.attacks import CORE
from mixbench.results.measure import Measure
from mixbench.results.noises import NOISES
from mixbench.results.outcomes import load_outcomes, with_eps
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.job import Job
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.plan import Plan, RecordPlan, plan_spec, with_groups
from mixbench.runs.store import Store
from mixbench.spec.device import Device
from mixbench.spec.suite import Suite

OUTCOMES = "outcomes.npz"

Wanted = tuple[str, int]
"""A spec and a seed."""


def plan_wanted(
    suite: Suite, backbone: str, wanted: Sequence[Wanted], measures: Sequence[Measure], device: Device
) -> Plan:
    """Plan what measures need of some specs at some seeds: one plan, so that one guard looks at all models."""
    specs = list(dict.fromkeys(spec for spec, _ in wanted))
    seeds = list(dict.fromkeys(seed for _, seed in wanted))
    whole = plan_spec(suite, backbone, specs, seeds, device)
    keys = set(map(_key, wanted))
    records = tuple(record for record in whole.records if (record.augmentation, record.seed) in keys)
    return plan_for(replace(whole, records=records), measures)


def trainings_of(suite: Suite, backbone: str, wanted: Sequence[Wanted], device: Device) -> dict[Wanted, TrainJob]:
    """Return the clean training of each spec and seed, the one of its record; errors as plan_spec."""
    plan = plan_wanted(suite, backbone, wanted, [], device)
    jobs = {job.digest: job for job in plan.jobs if isinstance(job, TrainJob)}
    found = {(each.augmentation, each.seed): jobs[each.trainings["model"].digest] for each in plan.records}
    return {each: found[_key(each)] for each in wanted}


def guarded(suite: Suite, backbone: str, jobs: Sequence[Job]) -> Plan:
    """Return a plan of some jobs alone, each once, behind a guard that looks at the models that they train."""
    models = tuple({job.digest: job.training for job in jobs if isinstance(job, TrainJob)}.values())
    check = CheckJob(title="check data and models", models=models, weights=None)
    return Plan(suite, backbone, tuple({job.digest: job for job in (check, *jobs)}.values()), ())


def _key(wanted: Wanted) -> Wanted:
    """As a plan's record has it."""
    spec, seed = wanted
    return canonical(composition(spec)), seed


def wanted_outcomes(
    plan: Plan, wanted: Sequence[Wanted], measures: Sequence[Measure], store: Store, unmade: Collection[str] = ()
) -> dict[Wanted, Mapping[str, np.ndarray]]:
    """Return what measures need of each, from the store, but of those that need a job that is `unmade`."""
    records = {(record.augmentation, record.seed): record for record in plan.records}
    found = {each: records[_key(each)] for each in wanted}
    return {
        each: partial_outcomes(plan, record, measures, store)
        for each, record in found.items()
        if not set(unmade).intersection(needed_by(record, measures))
    }


def plan_for(plan: Plan, measures: Sequence[Measure]) -> Plan:
    """Return the plan without the trainings that measures do not need; its records are never assembled."""
    groups = dict.fromkeys(measure.group for measure in measures if measure.group != CORE)
    whole = with_groups(plan, list(groups)) if groups else plan
    needed = {digest for record in whole.records for digest in needed_by(record, measures)}
    jobs: tuple[Job, ...] = tuple(job for job in whole.jobs if job.digest in needed or job.guard)
    return Plan(whole.suite, whole.backbone, jobs, whole.records)


def needed_by(record: RecordPlan, measures: Sequence[Measure]) -> list[str]:
    """Return the digests of what a record's measures need: its clean model, its examinations, and noisy trainings."""
    roles = ("model", "surrogate", *_noise(measures))
    jobs = (record.examination, record.examination.transfer, *record.groups)
    return [*(record.trainings[role].digest for role in roles), *(job.digest for job in jobs)]


def _noise(measures: Sequence[Measure]) -> list[str]:
    return [role for role in NOISES if any(measure.name.startswith(f"{role}.") for measure in measures)]


def partial_outcomes(
    plan: Plan, record: RecordPlan, measures: Sequence[Measure], store: Store
) -> Mapping[str, np.ndarray]:
    """Return the outcomes of a record that measures need, from the store, where `plan_for` was carried out."""
    found = load_outcomes(store.file("examinations", record.examination.digest, OUTCOMES))
    for role in ("model", *_noise(measures)):
        trained = load_outcomes(store.file("trainings", record.trainings[role].digest, OUTCOMES))
        found |= {f"{role}.{name}": values for name, values in trained.items()}
    for job in record.groups:
        found |= load_outcomes(store.file(job.kind, job.digest, OUTCOMES))
    return with_eps(compact(found), plan.suite.battery.eps_curve)
