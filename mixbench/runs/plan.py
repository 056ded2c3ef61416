"""The plan: what a request needs, as data that can be printed before anything runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from mixbench.augment.build import brief, canonical, composition, sources, versions
from mixbench.results.attacks import check_groups
from mixbench.results.noises import NOISE_GIVEN, NOISE_LEVELS, noise_name
from mixbench.results.record import EXTERNAL, NAME, Record, identity_of
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.examine import ExamineJob, Weights
from mixbench.runs.jobs.group import GroupJob
from mixbench.runs.jobs.job import Job
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.jobs.transfer import TransferJob
from mixbench.spec.device import Device
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.seeding import SURROGATE_SEED
from mixbench.spec.suite import Suite, known_suites
from mixbench.spec.torchrun import processes
from mixbench.spec.training import TrainingSpec


@dataclass(frozen=True)
class RecordPlan:
    """What one record is assembled from: an examination and the trainings by their role."""

    augmentation: str
    seed: int | None
    examination: ExamineJob
    trainings: dict[str, TrainingSpec]
    name: str | None = None
    """What weights from elsewhere are called."""
    groups: tuple[GroupJob, ...] = ()
    """The optional groups of measures."""


@dataclass(frozen=True)
class Plan:
    """Jobs in an order in which they can run, each once, and the records that they lead to."""

    suite: Suite
    backbone: str
    jobs: tuple[Job, ...]
    records: tuple[RecordPlan, ...]


def plan_spec(suite: Suite, backbone: str, augs: Sequence[str], seeds: Sequence[int], device: Device) -> Plan:
    """Plan the examination of augmentations over seeds.

    MixBenchError for a spec or a seed that cannot be, and for a backbone that timm does not have.
    """
    _check_backbone(backbone)
    made = [_made(aug) for aug in augs]
    return _plan(suite, backbone, [_record(suite, backbone, each, seed, device) for each in made for seed in seeds])


def plan_unrun(suite: Suite, record: Record, sources: Mapping[str, str], device: Device) -> Plan:
    """Plan a record by what it says of its augmentation, whose own methods' files lie at `sources` and are not run.

    Their trainings can be examined where they lie in the store, and not be made. Errors as plan_spec.
    """
    _check_backbone(record.backbone)
    made = _Made(record.augmentation, record.method_versions, dict(sources), run_sources=False)
    return _plan(suite, record.backbone, [_record(suite, record.backbone, made, record.seed or 0, device)])


def distinct(augs: Sequence[str]) -> list[str]:
    """Each augmentation once, however it is written; MixBenchError with all that cannot be."""
    found, faults = {}, []
    for aug in augs:
        try:
            made = composition(aug)
        except MixBenchError as error:
            faults.append(str(error))
            continue
        found.setdefault((canonical(made), *versions(made).values()), aug)
    if faults:
        many = f"{len(faults)} of {len(augs)} augmentations cannot be: " if len(faults) > 1 else ""
        raise MixBenchError(many + " | ".join(dict.fromkeys(faults)))
    return list(found.values())


def plan_weights(
    suite: Suite, backbone: str, weights: Weights, device: Device, name: str | None = None, seed: int | None = None
) -> Plan:
    """Plan the examination of weights trained elsewhere, called by a name, else as their file; errors as plan_spec."""
    _check_seed(seed or 0)
    surrogate = _spec(suite, backbone, _made("erm"), SURROGATE_SEED, 0.0, device)
    examination = _examination(suite, f"battery on {weights.path.name}", surrogate, surrogate, weights)
    called = _checked(name) if name else _name_of(weights)
    return _plan(suite, backbone, [RecordPlan(EXTERNAL, seed, examination, {"surrogate": surrogate}, called)])


def _check_backbone(name: str) -> None:
    if name not in {suite.backbone for suite in known_suites().values()}:
        # timm, which is slow to load, is asked only for others than the shipped suites'.
        from mixbench.training.backbone import backbone_known

        backbone_known(name)


def _checked(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise MixBenchError(
            f"--name: needed up to 100 letters, digits, '.', '_' and '-', got {plain(name)!r}; choose another"
        )
    return name


def _name_of(weights: Weights) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", weights.path.stem).strip("-._")[:100] or "weights"


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise MixBenchError(f"--seed: needed 0 or more, got {seed}; negative seeds are reserved for the surrogate")


def with_groups(plan: Plan, names: Sequence[str]) -> Plan:
    """Return the plan with optional groups of measures in every record; MixBenchError for one that is none."""
    groups = check_groups(names)
    records = [
        replace(record, groups=tuple(group_job(record.examination, name) for name in groups)) for record in plan.records
    ]
    return _plan(plan.suite, plan.backbone, records)


def group_job(examination: ExamineJob, name: str) -> GroupJob:
    """Return the job of an optional group on an examination's subject."""
    return GroupJob(title=f"{name}: {examination.title}", examination=examination, group=name)


def merged(plans: Sequence[Plan]) -> list[Plan]:
    """Return plans of one suite and backbone as one, whose jobs are each there once."""
    found: dict[tuple[str, str], Plan] = {}
    for plan in plans:
        first = found.get((plan.suite.digest, plan.backbone), Plan(plan.suite, plan.backbone, (), ()))
        jobs = {job.digest: job for job in (*first.jobs, *plan.jobs)}
        records = (*first.records, *plan.records)
        found[plan.suite.digest, plan.backbone] = Plan(plan.suite, plan.backbone, tuple(jobs.values()), records)
    return list(found.values())


def leave_out(plan: Plan, held: Collection[str]) -> Plan:
    """Return the plan without the records of these identities, and without the jobs that they alone need."""
    return _plan(plan.suite, plan.backbone, [record for record in plan.records if _identity(plan, record) not in held])


def _identity(plan: Plan, record: RecordPlan) -> str:
    versions = record.examination.model.method_versions
    return identity_of(plan.suite.digest, plan.backbone, record.augmentation, versions, record.seed, name=record.name)


def _plan(suite: Suite, backbone: str, records: list[RecordPlan]) -> Plan:
    specs = {spec.digest: spec for record in records for spec in record.trainings.values()}
    weights = next((record.examination.weights for record in records), None)
    shifts = tuple(suite.written.get("shifts", ()))
    check = CheckJob(title="check data and models", models=tuple(specs.values()), weights=weights, shifts=shifts)
    jobs: dict[str, Job] = {check.digest: check}
    for record in records:
        clean = [job for job in _trainings(record) if not job.spec.noise]
        noisy = [job for job in _trainings(record) if job.spec.noise]
        # Examinations come before the noisy trainings, so that no core idles at the end.
        battery = (record.examination.transfer, record.examination, *record.groups)
        jobs |= {job.digest: job for job in (*clean, *battery, *noisy)}
    return Plan(suite, backbone, tuple(jobs.values()), tuple(records))


def _trainings(record: RecordPlan) -> list[TrainJob]:
    return [TrainJob(title=_title(role, spec), training=spec) for role, spec in record.trainings.items()]


class _Made(NamedTuple):
    """What a training takes from an augmentation."""

    augmentation: str
    method_versions: dict[str, int | str]
    sources: dict[str, str]
    run_sources: bool = True


def _made(aug: str) -> _Made:
    made = composition(aug)
    return _Made(canonical(made), versions(made), sources(made))


def _record(suite: Suite, backbone: str, made: _Made, seed: int, device: Device) -> RecordPlan:
    _check_seed(seed)
    model = _spec(suite, backbone, made, seed, 0.0, device)
    surrogate = _spec(suite, backbone, _made("erm"), SURROGATE_SEED, 0.0, device)
    levels: dict[str, float | Literal["given"]] = {noise_name(level): level for level in NOISE_LEVELS}
    if suite.data.given_labels:
        levels[NOISE_GIVEN] = "given"
    noisy = {name: _spec(suite, backbone, made, seed, level, device) for name, level in levels.items()}
    examination = _examination(suite, f"battery on {brief(model.augmentation)}, seed {seed}", model, surrogate, None)
    trainings = {"model": model, "surrogate": surrogate, **noisy}
    return RecordPlan(model.augmentation, seed, examination, trainings)


def _examination(
    suite: Suite, title: str, model: TrainingSpec, surrogate: TrainingSpec, weights: Weights | None
) -> ExamineJob:
    transfer = TransferJob(title="surrogate's adversarial examples", surrogate=surrogate, eps=suite.battery.eps)
    return ExamineJob(
        title=title, model=model, weights=weights, transfer=transfer, battery=suite.written["battery"],
        shifts=tuple(suite.written.get("shifts", ())),
    )  # fmt: skip


def _spec(
    suite: Suite, backbone: str, made: _Made, seed: int, noise: float | Literal["given"], device: Device
) -> TrainingSpec:
    where = {"backbone": backbone, "device": device, "processes": processes()}
    return TrainingSpec.of(suite, noise=noise, seed=seed, **where, **made._asdict())


def _title(role: str, spec: TrainingSpec) -> str:
    if role == "surrogate":
        return "erm, the surrogate"
    return f"{brief(spec.augmentation)}{_noise(spec)}, seed {spec.seed}"


def _noise(spec: TrainingSpec) -> str:
    if spec.noise == "given":
        return ", given labels"
    return f", {spec.noise:.0%} noise" if spec.noise else ""
