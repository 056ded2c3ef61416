"""The two sizes that are measured: a suite's tiny backbone on 8×8 images, and ResNet-18 on 32×32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixbench.data.survey import examine
from mixbench.spec.suite import Suite, load_suite
from mixbench.spec.training import TrainingSpec


@dataclass(frozen=True)
class Size:
    """A backbone and a suite for it, of so many epochs."""

    name: str
    backbone: str
    suite: Suite

    def spec(self, epochs: int, precision: str) -> TrainingSpec:
        """Return an ERM training on the CPU."""
        spec = TrainingSpec.of(
            self.suite, backbone=self.backbone, augmentation="erm", method_versions={"erm": 1}, noise=0.0, seed=0,
            device="cpu",
        )  # fmt: skip
        return spec.model_copy(update={"budget": {**spec.budget, "epochs": epochs, "precision": precision}})


def tiny(folder: Path) -> Size:  # noqa: ARG001 - as resnet18
    """Return digits with its own backbone."""
    return Size("digits, test_resnet", "test_resnet", load_suite("digits"))


def resnet18(folder: Path) -> Size:
    """Return ResNet-18 on random 32×32 images, few since each step takes about a second on one core."""
    path, rng = folder / "random.npz", np.random.default_rng(0)
    counts = {"train": 96, "test": 32}
    arrays = {f"x_{part}": rng.integers(256, size=(count, 3, 32, 32), dtype=np.uint8) for part, count in counts.items()}
    labels = {f"y_{part}": np.arange(count) % 10 for part, count in counts.items()}
    np.savez(path, **arrays, **labels)
    suite = load_suite("digits")
    budget = {**suite.written["training"], "batch_size": 32}
    data = examine({"name": "random", "path": str(path)}).section
    written = {**suite.written, "name": "random", "data": data, "training": budget}
    return Size("32×32, resnet18", "resnet18", Suite.model_validate({**written, "written": written}))


SIZES: tuple[Callable[[Path], Size], ...] = (tiny, resnet18)
