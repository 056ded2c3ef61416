"""What the jobs that measure do: through attacks and battery to the files of an artefact. Needs torch."""

from __future__ import annotations

from typing import Any, TypeVar

import torch

from mixbench.battery.adversarial import transfer_examples
from mixbench.battery.battery import examine, examine_group
from mixbench.battery.behaviour import IMAGES, UNSTEADY, behaviour
from mixbench.battery.localisation import localise
from mixbench.battery.subject import Subject
from mixbench.data.load import known_boxes
from mixbench.data.split import DataSet
from mixbench.results.arrays import compact
from mixbench.results.outcomes import dump
from mixbench.runs.jobs.artefact import Files
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.jobs.group import GroupJob
from mixbench.runs.jobs.localise import LocaliseJob
from mixbench.runs.store import Store, storage_errors
from mixbench.runs.weights import stored_model
from mixbench.runs.work import device_name, load_data_set, load_shifted
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.backbone import describe
from mixbench.training.foreign import describe_foreign, foreign_model
from mixbench.training.predict import examples_of
from mixbench.training.prepare import augmentation_of
from mixbench.training.tensors import read_rows, write_rows

Model = TypeVar("Model", bound=torch.nn.Module)


def attack_surrogate(spec: TrainingSpec, eps: float, store: Store) -> Files:
    """Return the surrogate's adversarial examples."""
    data, model = _ready(spec, stored_model(store, spec))
    with fixed_arithmetic(spec.resolved()[2].threads), storage_errors(store.runs):
        file, bounds = store.scratch(), spec.resolved()[0].values.bounds
        made = (
            (part, transfer_examples(model, images, labels, eps, bounds))
            for part, images, labels in examples_of(data.test)
        )
        write_rows(file, len(data.test), made)
    return {"examples.safetensors": file}, {}


def examine_model(job: ExamineJob, store: Store) -> Files:
    """Run the battery on a job's model; return the per-example outcomes."""
    spec = job.model
    subject, about = _subject(job, store)
    data, _ = _ready(spec, subject.model)
    transfer = read_rows(store.folder(job.transfer.kind, job.transfer.digest) / "examples.safetensors", spec.device)
    with fixed_arithmetic(spec.resolved()[2].threads):
        found = behaviour(subject, data.test.pixels(slice(IMAGES)))
        if unsteady := [sentence for sentence in found if sentence.startswith(UNSTEADY)]:
            raise MixBenchError(f"model: cannot be measured twice alike: {unsteady[0]}")
        name = Data.model_validate(spec.data).name
        shifts = {shift: shifted.to(spec.device) for shift, shifted in load_shifted(spec, job.shifts).items()}
        outcomes = examine(subject, data.test, job.settings(), name, transfer, data.train, shifts)
    return {"outcomes.npz": dump(compact(outcomes))}, {**about, "device": device_name(spec.device)}


def attack_model(job: GroupJob, store: Store) -> Files:
    """Run an optional group's attacks on an examination's model; return the per-example outcomes."""
    spec, settings = job.spec, job.examination.settings()
    subject, _ = _subject(job.examination, store)
    data, _ = _ready(spec, subject.model)
    with fixed_arithmetic(spec.resolved()[2].threads):
        outcomes = examine_group(subject, data.test, settings, job.group)
    return {"outcomes.npz": dump(compact(outcomes))}, {"device": device_name(spec.device)}


def localise_items(job: LocaliseJob, store: Store) -> Files:
    """Find the test images' items by a job's model; return label, prediction, box and overlap of each."""
    spec = job.model
    data, model = _ready(spec, stored_model(store, spec))
    with fixed_arithmetic(spec.resolved()[2].threads):
        outcomes = localise(model, data.test, known_boxes(spec.resolved()[0]))
    return {"outcomes.npz": dump(outcomes)}, {"device": device_name(spec.device)}


def _subject(job: ExamineJob, store: Store) -> tuple[Subject, dict[str, Any]]:
    """The subject, and what the record says of it."""
    spec, weights, section = job.model, job.weights, job.model.resolved()[0]
    if weights is None:
        model, augmentation = stored_model(store, spec), augmentation_of(spec)
        about: dict[str, Any] = {"model": describe(spec.backbone, section, spec.start)}
    else:
        model, augmentation = foreign_model(spec.backbone, section, weights.path, weights.made)
        about = {"model": describe_foreign(spec.backbone, section, weights.sha256, weights.made)}
        about["weights"] = {"path": str(weights.path), "sha256": weights.sha256}
    subject = Subject(model.to(spec.device), augmentation.log_probabilities, section.values)
    return subject, {**about, "link": augmentation.link}


def _ready(spec: TrainingSpec, model: Model) -> tuple[DataSet, Model]:
    return load_data_set(spec).to(spec.device), model.to(spec.device).eval()
