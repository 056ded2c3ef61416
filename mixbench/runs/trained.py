"""Trainings that a contributed source made in a job of its own: handed over as files, and read as a stranger's."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mixbench.results.array import Per
from mixbench.results.arrays import TRAINING, normal
from mixbench.results.npz import MAX_FILE
from mixbench.results.outcomes import parse_outcomes
from mixbench.runs.jobs.artefact import Files
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.plan import Plan
from mixbench.runs.store import Store, storage_errors
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.regular import read_regular
from mixbench.spec.training import TrainingSpec

WEIGHTS, OUTCOMES, MANIFEST = "weights.safetensors", "outcomes.npz", "manifest"
MOST_MANIFEST = 100_000
MOST_SECONDS = 1e6


def own_trainings(plan: Plan) -> list[TrainJob]:
    """Return the trainings of a plan that run a contributed source, or would."""
    return [job for job in plan.jobs if isinstance(job, TrainJob) and job.runs_own_code]


def hand_over(jobs: Sequence[TrainJob], store: Store, folder: Path) -> None:
    """Copy finished trainings into a folder, each under its digest; MixBenchError where it cannot be written."""
    with storage_errors(folder):
        for job in jobs:
            shutil.copytree(store.folder(job.kind, job.digest), folder / job.digest, dirs_exist_ok=True)


def take_trainings(jobs: Sequence[TrainJob], folder: Path, store: Store) -> None:
    """Put trainings from a folder into the store, written anew; nothing in it is run or unpickled.

    Taken are weights that fit the backbone, the losses and errors of the epochs, and the time; labels and predictions
    are made here. MixBenchError where a file is missing, too many, too large or of another kind or shape.
    """
    wanted = {job.digest: job for job in jobs}
    for name in _names(folder):
        if name not in wanted:
            raise MixBenchError(f"trained {folder}: needed trainings of these records alone, got {plain(name)!r}")
    for digest, job in wanted.items():
        with store.lock(job.kind, digest):
            if not job.is_done(store):
                _check_names(folder / digest)
                files, about = _measured(job.training, folder / digest)
                job.keep(store, files, about, _seconds(folder / digest / MANIFEST))


def _names(folder: Path) -> list[str]:
    try:
        if folder.is_symlink():
            raise NotADirectoryError("a link")
        return sorted(each.name for each in folder.iterdir())
    except OSError as error:
        got = error.strerror or str(error)
        raise MixBenchError(f"trained {folder}: needed a folder of trainings, got {got}; see --train-only") from None


def _check_names(folder: Path) -> None:
    needed = sorted((MANIFEST, OUTCOMES, WEIGHTS))
    if (names := _names(folder)) != needed:
        raise MixBenchError(f"trained {folder}: needed {', '.join(needed)}, got {plain(', '.join(names)) or 'nothing'}")


def _measured(spec: TrainingSpec, folder: Path) -> Files:
    """The files of a training: of its weights what this machine sees them do, of its outcomes the two curves."""
    from mixbench.data.noise import given_labels_of
    from mixbench.runs.work import load_data_set, training_files
    from mixbench.torch_state import fixed_arithmetic
    from mixbench.training.predict import predictions_on
    from mixbench.training.prepare import prepared_model
    from mixbench.training.tensors import fitting_tensors
    from mixbench.training.train import Trained

    section, _, budget = spec.resolved()
    model, _ = prepared_model(spec, fetch=False)
    model.net.load_state_dict(fitting_tensors(folder / WEIGHTS, model.net))
    model.to(spec.device).eval()
    curves, data = _curves(folder / OUTCOMES, spec), load_data_set(spec)
    given, corrupted = given_labels_of(data.train.labels, section, spec.noise)
    data = data.to(spec.device)
    with fixed_arithmetic(budget.threads):
        train_predicted, test_predicted = (predictions_on(model, split) for split in (data.train, data.test))
    last = float((test_predicted != data.test.labels).double().mean())
    trained = Trained(
        model=model,
        given=given,
        corrupted=corrupted,
        train_predicted=train_predicted.cpu(),
        test_predicted=test_predicted.cpu(),
        train_loss=curves["train_loss"],
        test_error=[*curves["test_error"][:-1], last],
    )
    return training_files(spec, trained)


def _curves(path: Path, spec: TrainingSpec) -> dict[str, list[float]]:
    """The losses and errors of the epochs, from outcomes that have exactly the arrays of a training."""
    outcomes = parse_outcomes(path, read_regular(path, MAX_FILE))
    for fault in _faults(outcomes, spec):
        raise MixBenchError(f"trained {path}: {fault}")
    return {name: normal(outcomes[name]).tolist() for name in ("train_loss", "test_error")}


def _faults(outcomes: dict[str, np.ndarray], spec: TrainingSpec) -> Iterator[str]:
    data, _, budget = spec.resolved()
    sizes = {Per.TEST: data.test_images, Per.TRAIN: data.train_images, Per.EPOCH: budget.epochs}
    rows = {row.name: row for row in TRAINING}
    if rows.keys() != outcomes.keys():
        yield f"needed the arrays {', '.join(sorted(rows))}, got {', '.join(sorted(outcomes)) or 'none'}"
    for name, values in outcomes.items():
        row = rows[name]
        if (values.dtype.name, values.shape) != (row.kind, row.shape(sizes)):
            yield f"{name}: needed {row.kind} {row.shape(sizes)}, got {values.dtype.name} {values.shape}"
        low, high = row.limits(data.classes)
        if not low <= values.min() <= values.max() <= high:
            yield f"{name}: needed {low:g} to {high:g}, got {values.min():g} to {values.max():g}"


def _seconds(path: Path) -> float:
    """All that is taken of a manifest."""
    try:
        said: Any = json.loads(read_regular(path, MOST_MANIFEST))
        seconds = said["seconds"]
        if type(seconds) is float and math.isfinite(seconds) and 0 <= seconds <= MOST_SECONDS:
            return seconds
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise MixBenchError(f"trained {path}: needed JSON with the seconds that it took, got something else; train again")
