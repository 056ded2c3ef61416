"""What training jobs do: through the loop to the files of an artefact. Needs torch."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import safetensors.torch
import torch

from mixbench.data.load import load
from mixbench.data.shifted import Shifted, load_shift
from mixbench.data.split import DataSet
from mixbench.results.arrays import compact
from mixbench.results.outcomes import dump
from mixbench.runs.jobs.artefact import EARLIER, Files
from mixbench.runs.jobs.examine import Weights
from mixbench.runs.jobs.job import Report
from mixbench.runs.normalisation import check_normalisation
from mixbench.runs.provenance import cpu_model, made_with
from mixbench.runs.store import CHECKPOINTS, Store
from mixbench.spec.digest import canonical_json
from mixbench.spec.errors import MixBenchError, TrainingDiverged, TrainingStopped
from mixbench.spec.foreign import METADATA, Written
from mixbench.spec.sections.data import Data, Shift
from mixbench.spec.stopping import Stopped
from mixbench.spec.training import TrainingSpec
from mixbench.testing import Shape, check_own
from mixbench.training.backbone import describe
from mixbench.training.checkpoint import NAME as CHECKPOINT
from mixbench.training.checkpoint import Checkpoint
from mixbench.training.parts import refuse_parts
from mixbench.training.prepare import prepared_model
from mixbench.training.pretrained import own_normalisation
from mixbench.training.several import Alone, together
from mixbench.training.stems import stem_of
from mixbench.training.tensors import read_tensors
from mixbench.training.train import Trained, train


def check_models(specs: Sequence[TrainingSpec], weights: Weights | None, shifts: Sequence[dict[str, Any]] = ()) -> None:
    """Make each model once; MixBenchError with all that do not fit, so that a grid is mended in one go."""
    models: dict[str, TrainingSpec] = {}
    for spec in specs:
        load_data_set(spec)
        models.setdefault(canonical_json([spec.backbone, spec.data, spec.model, spec.augmentation]), spec)
    for spec in specs[:1]:
        load_shifted(spec, shifts)
    faults = [fault for spec in models.values() if (fault := _fault(spec))]
    if faults:
        raise MixBenchError("; and ".join(dict.fromkeys(faults)))
    if weights:
        (spec,) = specs
        check_normalisation(weights, spec.backbone, spec.resolved()[0], load_data_set(spec), spec.device)


def _fault(spec: TrainingSpec) -> str:
    try:
        _, augmentation = prepared_model(spec)
        refuse_parts(spec, augmentation)
        data = spec.resolved()[0]
        check_own(augmentation, Shape(data.channels, (data.height, data.width), data.classes))
    except MixBenchError as error:
        return str(error)
    return ""


def train_model(spec: TrainingSpec, report: Report, store: Store) -> Files:
    """Train a model, from where it was left if it was; return its weights and the training's outcomes."""
    together(spec).tell(spec.model_dump_json())
    checkpoint = _checkpoint(spec, store)
    try:
        trained = train(spec, report, checkpoint, _begun_with(spec, store))
    except TrainingDiverged:
        store.drop(CHECKPOINTS, spec.digest)
        raise
    files, about = training_files(spec, trained)
    (model,) = checkpoint.cpu_models if len(checkpoint.cpu_models) == 1 else (None,)
    return files, {**about, EARLIER: checkpoint.earlier_seconds, "cpu_model": model}


def follow(several: Alone, store: Store) -> None:
    """Join in every training that the first process tells of, until it tells of none; it keeps what comes of them."""
    while said := several.tell():
        spec = TrainingSpec.model_validate_json(said)
        try:
            train(spec, checkpoint=_checkpoint(spec, store), pretrained=_begun_with(spec, store))
        except TrainingStopped:
            raise Stopped from None
        except TrainingDiverged:
            # The loss is shared, so the first process meets the same and says it. What this process alone may meet,
            # such as a file that cannot be read, ends it, and torchrun the others, who would wait for it in mid-step.
            continue


def _begun_with(spec: TrainingSpec, store: Store) -> dict[str, torch.Tensor] | None:
    """The weights of the training that this one begins with."""
    if spec.pretraining is None:
        return None
    return read_tensors(store.folder("trainings", spec.pretraining.digest) / "weights.safetensors")


def _checkpoint(spec: TrainingSpec, store: Store) -> Checkpoint:
    path = store.folder(CHECKPOINTS, spec.digest) / CHECKPOINT
    return Checkpoint(path, spec.digest, spec.checkpoint_minutes, made_with()["packages"], [cpu_model()])


def training_files(spec: TrainingSpec, trained: Trained) -> Files:
    """Return a finished training as its artefact's files, and what its manifest says."""
    tensors = {name: tensor.cpu().contiguous() for name, tensor in trained.model.net.state_dict().items()}
    files = {
        "weights.safetensors": safetensors.torch.save(tensors, {METADATA: _written(spec).model_dump_json()}),
        "outcomes.npz": dump(compact(_training_outcomes(trained))),
    }
    data, _, _ = spec.resolved()
    about = {"spec": spec.model_dump(mode="json"), "model": describe(spec.backbone, data, spec.start)}
    return files, {**about, "device": device_name(spec.device)}


def _written(spec: TrainingSpec) -> Written:
    """What a file of weights says of itself, so that it can be measured without its store."""
    data = spec.resolved()[0]
    seen = own_normalisation(spec.backbone, data) if spec.start.pretrained else data.seen
    return Written(
        backbone=spec.backbone,
        stem=stem_of(data, spec.start),
        mean=seen.mean,
        std=seen.std,
        size=[data.channels, data.height, data.width],
        augmentation=spec.augmentation,
    )


def _training_outcomes(trained: Trained) -> dict[str, Any]:
    tensors = {
        name: getattr(trained, name).numpy() for name in ("given", "corrupted", "train_predicted", "test_predicted")
    }
    curves = {"train_loss": np.array(trained.train_loss), "test_error": np.array(trained.test_error)}
    return {**tensors, **curves}


def load_data_set(spec: TrainingSpec) -> DataSet:
    """Return a training's data set; the last one used stays in memory."""
    return _loaded(canonical_json(spec.data))


@lru_cache(maxsize=1)
def _loaded(data: str) -> DataSet:
    return load(Data.model_validate_json(data))


def load_shifted(spec: TrainingSpec, shifts: Sequence[dict[str, Any]]) -> dict[str, Shifted]:
    """Return a suite's shifts of a training's data set, by name."""
    return _loaded_shifts(canonical_json(spec.data), canonical_json(list(shifts)))


@lru_cache(maxsize=1)
def _loaded_shifts(data: str, shifts: str) -> dict[str, Shifted]:
    section, found = Data.model_validate_json(data), [Shift.model_validate(each) for each in json.loads(shifts)]
    return {shift.name: load_shift(section, shift, _loaded(data).test) for shift in found}


def device_name(device: str) -> str:
    """Return what a record calls a device: the GPU's name, or the CPU's architecture."""
    if device == "cuda":
        return f"cuda: {torch.cuda.get_device_name()}"
    return f"cpu: {platform.machine()}"
