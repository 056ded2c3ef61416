"""Weights from the store or from elsewhere, into the model that was trained. Never pickled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mixbench.results.record import EXTERNAL, Record, load_record
from mixbench.runs.jobs.examine import Weights
from mixbench.runs.store import Store, runs_folder
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import Foreign, Given
from mixbench.spec.sections.data import Data
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.backbone import Classifier
from mixbench.training.foreign import foreign_model, resolve
from mixbench.training.prepare import prepared_model
from mixbench.training.stem_fit import put
from mixbench.training.tensors import read_tensors


def load_model(path: str | os.PathLike[str]) -> Classifier:
    """Return the model that a record measured, on the CPU in evaluation mode.

    It takes pixels (N, C, H, W) float32 in [0, 1] and returns logits (N, K). The weights come from the run store that
    holds the record, else from MIXBENCH_RUNS; those from elsewhere from where they lay, else from beside the record.
    MixBenchError where they are nowhere.
    """
    record = load_record(path)
    if record.augmentation == EXTERNAL:
        return _external(record, Path(path))
    digest = record.trainings["model"]
    for runs in (Path(path).parent, runs_folder()):
        manifest = Store(runs).find("trainings", digest)
        if manifest is not None:
            return stored_model(Store(runs), TrainingSpec.model_validate(manifest["spec"]))
    raise MixBenchError(
        f"record {path}: needed training {digest[:12]} in {Path(path).parent} or {runs_folder()}, got none there;"
        " run its 'mixbench eval' again, or set MIXBENCH_RUNS"
    )


def _external(record: Record, path: Path) -> Classifier:
    made = record.model.get("weights")
    if not isinstance(made, dict):
        raise MixBenchError(
            f"record {path}: its weights came from elsewhere, and it does not say how their model is made; measure them"
            " again with 'mixbench eval --weights'"
        )
    foreign = Foreign.model_validate({key: value for key, value in made.items() if key != "sha256"})
    data = Data.model_validate(record.settings["data"])
    for file in _places(path, made["sha256"]):
        if file.is_file() and file_digest(file) == made["sha256"]:
            return foreign_model(record.backbone, data, file, foreign)[0]
    raise MixBenchError(
        f"record {path}: its weights came from elsewhere and lie neither where they lay nor beside the record; put the"
        f" .safetensors file of sha256 {made['sha256'][:12]} there"
    )


def _places(path: Path, sha256: str) -> Iterator[Path]:
    for runs in (path.parent, runs_folder()):
        for manifest in Store(runs).manifests("examinations"):
            if manifest.get("weights", {}).get("sha256") == sha256:
                yield Path(manifest["weights"]["path"])
    yield from sorted(path.parent.glob("*.safetensors"))


def stored_model(store: Store, spec: TrainingSpec) -> Classifier:
    """Return a training's model with its stored weights, on the CPU in evaluation mode."""
    model, _ = prepared_model(spec, fetch=False)
    put(read_tensors(store.file("trainings", spec.digest, "weights.safetensors")), model.net)
    return model.eval()


def weights_of(suite: Suite, backbone: str, path: Path, given: Given) -> Weights:
    """Find out how the model of a file from elsewhere is made under a suite.

    MixBenchError where the file cannot be read, fits no model or fits more than one.
    """
    try:
        sha256 = file_digest(path)
    except OSError as error:
        raise MixBenchError(f"weights {path}: needed a readable .safetensors file, got {error.strerror}") from None
    made = resolve(backbone, suite.data, suite.model, path, given)
    return Weights(path=path.absolute(), sha256=sha256, made=made)
