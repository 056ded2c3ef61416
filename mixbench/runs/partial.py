"""What one measure needs of a plan's records, where not all of a record is wanted yet."""

from __future__ import annotations

from collections.abc import Mapping
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


def plan_for(plan: Plan, measure: Measure) -> Plan:
    """Return the plan without the trainings that a measure does not need; its records are never assembled."""
    whole = plan if measure.group == CORE else with_groups(plan, [measure.group])
    needed = {digest for record in whole.records for digest in _needed(record, measure)}
    jobs: tuple[Job, ...] = tuple(job for job in whole.jobs if job.digest in needed or job.guard)
    return Plan(whole.suite, whole.backbone, jobs, whole.records)


def _needed(record: RecordPlan, measure: Measure) -> list[str]:
    roles = ("model", "surrogate", *_noise(measure))
    jobs = (record.examination, record.examination.transfer, *record.groups)
    return [*(record.trainings[role].digest for role in roles), *(job.digest for job in jobs)]


def _noise(measure: Measure) -> list[str]:
    return [role for role in NOISES if measure.name.startswith(f"{role}.")]


def partial_outcomes(plan: Plan, record: RecordPlan, measure: Measure, runs: Path) -> Mapping[str, np.ndarray]:
    """Return the outcomes of a record that a measure needs, from the store, where `plan_for` was carried out."""
    store = Store(runs)
    found = load_outcomes(store.folder("examinations", record.examination.digest) / "outcomes.npz")
    for role in _noise(measure):
        trained = load_outcomes(store.folder("trainings", record.trainings[role].digest) / "outcomes.npz")
        found |= {f"{role}.{name}": values for name, values in trained.items()}
    for job in record.groups:
        found |= load_outcomes(store.folder(job.kind, job.digest) / "outcomes.npz")
    return with_eps(compact(found), plan.suite.battery.eps_curve)
