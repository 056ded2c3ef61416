"""An evaluation made in Python, written as a record that the gate takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mixbench.results.measures import OUTCOMES_VERSION
from mixbench.results.outcomes import dump
from mixbench.results.record import BATTERY_VERSION, EXTERNAL, MODULE, NAME, SCHEMA_VERSION, seal
from mixbench.runs.provenance import made_with
from mixbench.runs.store import storage_errors
from mixbench.spec.digest import digest, file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.whole import write_atomically

if TYPE_CHECKING:
    from mixbench.runs.evaluation import Evaluation

SUITE, BACKBONE = "python", MODULE
"""What such records have in place of a suite's and a backbone's name; the digest is that of images and settings."""


def save(evaluation: Evaluation, folder: Path, name: str, seed: int | None) -> Path:
    """Write an evaluation's record and outcomes, outcomes first; MixBenchError where they cannot be."""
    _check(evaluation, name, seed)
    about = evaluation.about
    suite_digest = digest({"data": about["sha256"], "settings": about["settings"]})
    seeded = "" if seed is None else f"-seed{seed}"
    path = folder / f"{SUITE}-{name}{seeded}-{digest([suite_digest, name, seed])[:8]}.json"
    with storage_errors(folder):
        write_atomically(path.with_suffix(".npz"), dump(evaluation.outcomes))
        content = _content(evaluation, name, seed, suite_digest)
        content["outcomes"] = {
            "version": OUTCOMES_VERSION,
            "file": path.with_suffix(".npz").name,
            "sha256": file_digest(path.with_suffix(".npz")),
        }
        write_atomically(path, seal(content))
    return path


def _check(evaluation: Evaluation, name: str, seed: int | None) -> None:
    if not evaluation.about:
        raise MixBenchError("Evaluation.save: needed what mixbench.evaluate returned, got one made otherwise")
    if not re.fullmatch(NAME, name):
        raise MixBenchError(f"name: needed up to 100 letters, digits, '.', '_' and '-', got {name!r}; choose another")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise MixBenchError(f"seed: needed a whole number, 0 or more, got {seed!r}")


def _content(evaluation: Evaluation, name: str, seed: int | None, suite_digest: str) -> dict[str, Any]:
    about = evaluation.about
    return {
        "schema_version": SCHEMA_VERSION,
        "battery_version": BATTERY_VERSION,
        "mixbench_version": version("mixbench"),
        "suite": SUITE,
        "suite_digest": suite_digest,
        "backbone": BACKBONE,
        "augmentation": EXTERNAL,
        "method_versions": {},
        "seed": seed,
        "settings": {**about["settings"], "name": SUITE, "version": 1, "backbone": BACKBONE, "data": about["data"]},
        "model": {"module": about["model"]},
        "link": about["link"],
        "label_noise": {},
        "readings": {measure: reading.model_dump() for measure, reading in evaluation.readings.items()},
        "curves": evaluation.curves,
        "flags": evaluation.flags,
        "trainings": {},
        "provenance": {
            **made_with(),
            "trainings_made_with": {},
            "device": about["device"],
            "threads": torch.get_num_threads(),
            "seconds": {},
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        **({"groups": about["groups"]} if about["groups"] else {}),
        "name": name,
    }
