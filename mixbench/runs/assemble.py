"""From the store's artefacts to records: readings, curves and flags, without torch."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from mixbench.augment.build import brief
from mixbench.results.arrays import ROLES, compact
from mixbench.results.attacks import OPTIONAL
from mixbench.results.curves import curves_of, label_noise_of
from mixbench.results.flags import flags_of
from mixbench.results.measures import OUTCOMES_VERSION, read
from mixbench.results.outcomes import dump, load_outcomes, with_eps
from mixbench.results.record import BATTERY_VERSION, EXTERNAL, MAX_SOURCE, SCHEMA_VERSION, Record, load_record, seal
from mixbench.runs.jobs.group import GroupJob
from mixbench.runs.plan import Plan, RecordPlan, group_job
from mixbench.runs.store import Store, storage_errors
from mixbench.spec.digest import digest, file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.training import TrainingSpec
from mixbench.spec.whole import write_atomically


def record_path(plan: Plan, record: RecordPlan, runs: Path) -> Path:
    """Return where a record lies: one name for one identity, readable first."""
    parts = {role: spec.digest for role, spec in record.trainings.items()}
    identity = digest([record.examination.digest, parts, *([record.name, record.seed] if record.name else [])])
    name = f"external-{record.name}" if record.name else brief(record.augmentation)
    name += "" if record.seed is None else f"-seed{record.seed}"
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", f"{plan.suite.name}-{plan.backbone}-{name}").strip("-")[:150]
    return runs / f"{slug}-{identity[:8]}.json"


def finished(plan: Plan, record: RecordPlan, runs: Path) -> Record | None:
    """Return the record of a plan that is there already, whole, with its outcomes and all groups; else None."""
    path = record_path(plan, record, runs)
    try:
        found = load_record(path)
        whole = file_digest(path.with_suffix(".npz")) == found.outcomes.sha256
    except (MixBenchError, OSError):
        return None
    return found if whole and {job.group for job in record.groups} <= set(found.groups) else None


def assemble(plan: Plan, record: RecordPlan, runs: Path) -> Path:
    """Write a record and its outcomes from the store's artefacts, outcomes first; return the record's path.

    Groups that the record had already stay where they are in the store.
    """
    store, path = Store(runs), record_path(plan, record, runs)
    record = replace(record, groups=_groups(record, store, path))
    manifests = {role: _manifest(store, "trainings", spec.digest) for role, spec in record.trainings.items()}
    for name, job in {"examination": record.examination, **{job.group: job for job in record.groups}}.items():
        manifests[name] = _manifest(store, job.kind, job.digest)
    outcomes = _outcomes(store, record)
    with storage_errors(runs):
        write_atomically(path.with_suffix(".npz"), dump(outcomes))
        content = _content(plan, record, outcomes, manifests)
        content["outcomes"] = {
            "version": OUTCOMES_VERSION,
            "file": path.with_suffix(".npz").name,
            "sha256": file_digest(path.with_suffix(".npz")),
        }
        write_atomically(path, seal(content))
    return path


def _groups(record: RecordPlan, store: Store, path: Path) -> tuple[GroupJob, ...]:
    try:
        had = [group_job(record.examination, name) for name in load_record(path).groups if name in OPTIONAL]
    except MixBenchError:
        had = []
    jobs = {job.group: job for job in had if job.is_done(store)} | {job.group: job for job in record.groups}
    return tuple(jobs[name] for name in OPTIONAL if name in jobs)


def _manifest(store: Store, kind: str, name: str) -> dict[str, Any]:
    manifest = store.find(kind, name)
    if manifest is None:
        raise MixBenchError(f"store {store.root}: {kind}/{name[:12]} is missing or damaged; run the same command again")
    return manifest


def _outcomes(store: Store, record: RecordPlan) -> dict[str, np.ndarray]:
    outcomes = load_outcomes(store.folder("examinations", record.examination.digest) / "outcomes.npz")
    for role in ROLES:
        if role in record.trainings:
            trained = load_outcomes(store.folder("trainings", record.trainings[role].digest) / "outcomes.npz")
            outcomes |= {f"{role}.{name}": values for name, values in trained.items()}
    for job in record.groups:
        outcomes |= load_outcomes(store.folder(job.kind, job.digest) / "outcomes.npz")
    return compact(outcomes)


def _content(
    plan: Plan, record: RecordPlan, outcomes: dict[str, np.ndarray], manifests: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    examination, eps = manifests["examination"], plan.suite.battery.eps_curve
    return {
        "schema_version": SCHEMA_VERSION,
        "battery_version": BATTERY_VERSION,
        "mixbench_version": version("mixbench"),
        "suite": plan.suite.name,
        "suite_digest": plan.suite.digest,
        "backbone": plan.backbone,
        "augmentation": record.augmentation,
        "method_versions": {} if record.augmentation == EXTERNAL else record.examination.model.method_versions,
        "seed": record.seed,
        "settings": plan.suite.settings,
        "model": examination["model"],
        "link": examination["link"],
        "label_noise": label_noise_of(outcomes),
        "readings": {name: reading.model_dump() for name, reading in read(with_eps(outcomes, eps)).items()},
        "curves": curves_of(outcomes, eps),
        "flags": flags_of(outcomes),
        "trainings": {role: spec.digest for role, spec in record.trainings.items()},
        "provenance": _provenance(plan, record, manifests),
        **({"groups": [job.group for job in record.groups]} if record.groups else {}),
        **_sources(record),
        **({"name": record.name} if record.name else {}),
    }


def _sources(record: RecordPlan) -> dict[str, Any]:
    """The files of a user's own methods, so that a record can be submitted; no key where there are none."""
    spec = record.examination.model
    found = {name: _source(name, Path(path), str(spec.method_versions[name])) for name, path in spec.sources.items()}
    return {"sources": found} if found else {}


def _source(name: str, path: Path, sha256: str) -> dict[str, str]:
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeError) as error:
        raise MixBenchError(f"augmentation {name}: needed its file {path} as UTF-8 text, got {error}") from None
    if len(text) > MAX_SOURCE:
        raise MixBenchError(f"augmentation {name}: needed a file of at most {MAX_SOURCE} characters, got {len(text)}")
    if (found := file_digest(path)) != sha256:
        raise MixBenchError(f"augmentation {name}: {path} was changed during the run ({found[:12]}); run it again")
    return {"file": path.name, "sha256": sha256, "text": text}


def _provenance(plan: Plan, record: RecordPlan, manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    here = manifests["examination"]["made_with"]
    return {
        **here,
        "trainings_made_with": {
            role: manifest["made_with"] for role, manifest in manifests.items() if manifest["made_with"] != here
        },
        "device": manifests["examination"]["device"],
        **_cpu_model(manifests),
        "threads": plan.suite.training.threads,
        "seconds": {role: round(manifest["seconds"], 3) for role, manifest in manifests.items()},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **_division(record.examination.model),
    }


def _division(spec: TrainingSpec) -> dict[str, int]:
    """How a training's batches were divided; no key where they were not."""
    processes = {"processes": spec.processes} if spec.processes > 1 else {}
    return {**processes, **({"micro_batch": spec.micro_batch} if spec.micro_batch else {})}


def _cpu_model(manifests: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The CPU model that all of a record was made on; no key where there were several or one is not known."""
    models = {manifest.get("cpu_model") for manifest in manifests.values()}
    (model,) = models if len(models) == 1 else (None,)
    return {"cpu_model": model} if model else {}


def records_in(runs: Path) -> list[Record]:
    """Return the records that lie in a runs folder, oldest first; what is no record is passed over."""
    found = []
    for path in sorted(runs.glob("*.json")):
        try:
            found.append(load_record(path))
        except MixBenchError:
            continue
    return sorted(found, key=lambda record: record.provenance.created)


def raw(path: Path) -> Any:
    """Return a record as its file has it, for printing as JSON."""
    return json.loads(path.read_text(encoding="utf-8"))
