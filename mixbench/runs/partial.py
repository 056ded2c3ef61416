"""What some measures need of a plan's records, where not all of a record is wanted yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mixbench.results.arrays import compact
from mixbench.results.attacks import CORE
from mixbench.results.measure import Measure
from mixbench.results.noises import NOISES
from mixbench.results.outcomes import load_outcomes, with_eps
from mixbench.runs.job import Job
from mixbench.runs.plan import Plan, RecordPlan, with_groups
from mixbench.runs.store import Store


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
    plan: Plan, record: RecordPlan, measures: Sequence[Measure], runs: Path
) -> Mapping[str, np.ndarray]:
    """Return the outcomes of a record that measures need, from the store, where `plan_for` was carried out."""
    store = Store(runs)
    found = load_outcomes(store.folder("examinations", record.examination.digest) / "outcomes.npz")
    for role in ("model", *_noise(measures)):
        trained = load_outcomes(store.folder("trainings", record.trainings[role].digest) / "outcomes.npz")
        found |= {f"{role}.{name}": values for name, values in trained.items()}
    for job in record.groups:
        found |= load_outcomes(store.folder(job.kind, job.digest) / "outcomes.npz")
    return with_eps(compact(found), plan.suite.battery.eps_curve)
