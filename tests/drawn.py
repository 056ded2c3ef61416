"""Synthetic records with outcomes of their own beside them: the golden ones, but for what a test draws."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from boards import content, golden_outcomes, write_record

from mixbench.augment.build import augmentation, canonical, versions
from mixbench.results.outcomes import dump
from mixbench.results.record import EXTERNAL
from mixbench.spec.suite import load_suite

IMAGES = 360


def outcomes(**changed: np.ndarray) -> dict[str, np.ndarray]:
    """The golden outcomes with some arrays changed, dots in names written as double underscores."""
    with np.load(io.BytesIO(golden_outcomes())) as golden:
        made = {name: golden[name] for name in golden.files}
    return made | {name.replace("__", "."): values for name, values in changed.items()}


def ranks(wrong: np.ndarray) -> np.ndarray:
    """Ranks of the true label where these images are predicted wrongly."""
    return np.where(wrong, 2, 1).astype(np.uint16)


def write_drawn(folder: Path, suite: Path, aug: str, seed: int | None, made: dict[str, Any], **changes: Any) -> Path:
    """Write a record of a suite's file with such outcomes beside it."""
    if aug != EXTERNAL:
        known = augmentation(aug)
        aug, changes = canonical(known), {"method_versions": versions(known), **changes}
    changes = {"suite_digest": load_suite(suite).digest, **changes}
    path = write_record(folder, content(aug, seed, **changes), outcomes=True)
    beside = path.with_suffix(".npz")
    beside.write_bytes(dump(made))
    held = {"version": 2, "file": beside.name, "sha256": sha256(beside.read_bytes()).hexdigest()}
    path.unlink()
    again = write_record(folder, content(aug, seed, **{**changes, "outcomes": held}))
    assert again == path
    return path


def errors(rng: np.random.Generator, share: float, images: int = IMAGES) -> np.ndarray:
    """Draw which images are wrong."""
    return rng.random(images) < share


def write_methods(folder: Path, suite: Path, shares: dict[str, float], seeds: int = 3, draw: int = 0) -> Path:
    """Write seeds of methods whose clean errors are drawn with these shares; all else is equal."""
    for place, (aug, share) in enumerate(shares.items()):
        for seed in range(seeds):
            rng = np.random.default_rng([draw, place, seed])
            write_drawn(folder, suite, aug, seed, outcomes(clean__rank=ranks(errors(rng, share))))
    return folder
