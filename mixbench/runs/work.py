"""What the jobs on models do: through training or battery to the files of an artefact. Needs torch."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import safetensors.torch
import torch

from mixbench.augment.build import composition
from mixbench.battery.adversarial import transfer_examples
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject
from mixbench.data.load import load
from mixbench.data.split import DataSet
from mixbench.results.arrays import compact
from mixbench.results.outcomes import dump
from mixbench.runs.job import Report
from mixbench.runs.jobs import ExamineJob, Files, Weights
from mixbench.runs.store import Store
from mixbench.runs.weights import load_weights, stored_model, subject_model
from mixbench.spec.digest import canonical_json
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections import Data
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.backbone import describe
from mixbench.training.train import Trained, prepared_model, train


def check_models(specs: Sequence[TrainingSpec], weights: Weights | None) -> None:
    """Make each model once; MixBenchError with all that do not fit, so that a grid is mended in one go."""
    models: dict[str, TrainingSpec] = {}
    for spec in specs:
        load_data_set(spec)
        models.setdefault(canonical_json([spec.backbone, spec.data, spec.model, spec.augmentation]), spec)
    faults = [fault for spec in models.values() if (fault := _fault(spec, weights))]
    if faults:
        raise MixBenchError("; and ".join(dict.fromkeys(faults)))


def _fault(spec: TrainingSpec, weights: Weights | None) -> str:
    try:
        model, _ = prepared_model(spec)
        if weights:
            load_weights(model, weights.path)
    except MixBenchError as error:
        return str(error)
    return ""


def train_model(spec: TrainingSpec, report: Report) -> Files:
    """Train a model; return its weights and the training's outcomes."""
    trained = train(spec, report)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in trained.model.net.state_dict().items()}
    files = {
        "weights.safetensors": safetensors.torch.save(tensors),
        "outcomes.npz": dump(compact(_training_outcomes(trained))),
    }
    data, _, _ = spec.resolved()
    about = {"spec": spec.model_dump(mode="json"), "model": describe(spec.backbone, data, spec.start)}
    return files, {**about, "device": device_name(spec.device)}


def _training_outcomes(trained: Trained) -> dict[str, Any]:
    tensors = {
        name: getattr(trained, name).numpy() for name in ("given", "corrupted", "train_predicted", "test_predicted")
    }
    curves = {"train_loss": np.array(trained.train_loss), "test_error": np.array(trained.test_error)}
    return {**tensors, **curves}


def attack_surrogate(spec: TrainingSpec, eps: float, store: Store) -> Files:
    """Return the surrogate's adversarial examples."""
    data, model = _ready(spec, stored_model(store, spec))
    with fixed_arithmetic(spec.resolved()[2].threads):
        examples = transfer_examples(model, data.test.pixels(), data.test.labels, eps)
    return {"examples.safetensors": safetensors.torch.save({k: v.cpu() for k, v in examples.items()})}, {}


def examine_model(job: ExamineJob, store: Store) -> Files:
    """Run the battery on a job's model; return the per-example outcomes."""
    spec = job.model
    data, model = _ready(spec, subject_model(store, spec, job.weights))
    folder = store.folder(job.transfer.kind, job.transfer.digest)
    transfer = safetensors.torch.load_file(folder / "examples.safetensors", device=spec.device)
    augmentation = composition(spec.augmentation, spec.sources)
    with fixed_arithmetic(spec.resolved()[2].threads):
        outcomes = examine(
            Subject(model, augmentation.log_probabilities),
            data.test.pixels(),
            data.test.labels,
            job.settings(),
            Data.model_validate(spec.data).name,
            transfer,
            data.train,
        )
    about = {"link": augmentation.link, "model": describe(spec.backbone, spec.resolved()[0], spec.start)}
    return {"outcomes.npz": dump(compact(outcomes))}, {**about, "device": device_name(spec.device)}


def _ready(spec: TrainingSpec, model: torch.nn.Module) -> tuple[DataSet, torch.nn.Module]:
    return load_data_set(spec).to(spec.device), model.to(spec.device).eval()


def load_data_set(spec: TrainingSpec) -> DataSet:
    """Return a training's data set; the last one used stays in memory."""
    return _loaded(canonical_json(spec.data))


@lru_cache(maxsize=1)
def _loaded(data: str) -> DataSet:
    return load(Data.model_validate_json(data))


def device_name(device: str) -> str:
    """Return what a record calls a device: the GPU's name, or the CPU's architecture."""
    if device == "cuda":
        return f"cuda: {torch.cuda.get_device_name()}"
    return f"cpu: {platform.machine()}"
