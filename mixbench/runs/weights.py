"""Weights from the store or from elsewhere, into the model that a training spec makes. Never pickled."""

from __future__ import annotations

import os
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from mixbench.results.record import EXTERNAL, load_record
from mixbench.runs.jobs import Weights
from mixbench.runs.store import Store, runs_folder
from mixbench.spec.errors import MixBenchError
from mixbench.spec.training import TrainingSpec
from mixbench.training.backbone import Classifier
from mixbench.training.train import prepared_model


def load_model(path: str | os.PathLike[str]) -> Classifier:
    """Return the model that a record measured, on the CPU in evaluation mode.

    It takes pixels (N, C, H, W) float32 in [0, 1] and returns logits (N, K). The weights come from the run store that
    holds the record, else from MIXBENCH_RUNS. MixBenchError where they are nowhere, or the record is external.
    """
    record = load_record(path)
    if record.augmentation == EXTERNAL:
        raise MixBenchError(f"record {path}: its weights came from elsewhere; load your own file instead")
    digest = record.trainings["model"]
    for runs in (Path(path).parent, runs_folder()):
        manifest = Store(runs).find("trainings", digest)
        if manifest is not None:
            return stored_model(Store(runs), TrainingSpec.model_validate(manifest["spec"]))
    raise MixBenchError(
        f"record {path}: needed training {digest[:12]} in {Path(path).parent} or {runs_folder()}, got none there;"
        " run its 'mixbench eval' again, or set MIXBENCH_RUNS"
    )


def stored_model(store: Store, spec: TrainingSpec) -> Classifier:
    """Return a training's model with its stored weights, on the CPU in evaluation mode."""
    return subject_model(store, spec, None)


def subject_model(store: Store, spec: TrainingSpec, weights: Weights | None) -> Classifier:
    """Return the model of a spec with stored weights, or with those of a file from elsewhere."""
    model, _ = prepared_model(spec, fetch=False)
    load_weights(model, weights.path if weights else store.folder("trainings", spec.digest) / "weights.safetensors")
    return model.eval()


def load_weights(model: Classifier, path: Path) -> None:
    """Put a .safetensors file's weights into a model; MixBenchError where it is broken, pickled or does not fit."""
    try:
        tensors = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise MixBenchError(
            f"weights {path}: needed a .safetensors file, got {error}; pickled weights are never loaded:"
            " save them with safetensors.torch.save_file(model.state_dict(), path)"
        ) from None
    _check_fit(model, tensors, path)
    bad = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    if bad:
        raise MixBenchError(f"weights {path}: needed numbers, got NaN or infinity in {bad[0]}; train them again")
    model.net.load_state_dict(tensors)


def _check_fit(model: Classifier, tensors: dict[str, Tensor], path: Path) -> None:
    needed = {name: tuple(tensor.shape) for name, tensor in model.net.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name in sorted(needed.keys() | found.keys()):
        if needed.get(name) != found.get(name):
            raise MixBenchError(
                f"weights {path}: needed {name} of shape {needed.get(name, 'none at all')},"
                f" got {found.get(name, 'none')}; is --model the backbone they were trained with?"
            )
