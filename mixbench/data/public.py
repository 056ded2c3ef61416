"""A suite's data for use in Python."""

from __future__ import annotations

import os
from typing import Literal, overload

from jaxtyping import Bool, Float, Int
from torch import Tensor

from mixbench.data.load import load
from mixbench.data.noise import corrupt
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import load_suite

Images = Float[Tensor, "n c h w"]
Labels = Int[Tensor, " n"]

Part = Literal["train", "test"]


@overload
def load_data(suite: str | os.PathLike[str], split: Part) -> tuple[Images, Labels]: ...


@overload
def load_data(
    suite: str | os.PathLike[str], split: Part, noise: float
) -> tuple[Images, Labels] | tuple[Images, Labels, Bool[Tensor, " n"]]: ...


def load_data(
    suite: str | os.PathLike[str], split: Part, noise: float = 0.0
) -> tuple[Images, Labels] | tuple[Images, Labels, Bool[Tensor, " n"]]:
    """Return a split of a suite: images (N, C, H, W) float32 in [0, 1] and labels (N,), as every training sees them.

    Of a table they are standardised features (N, F, 1, 1).

    With `noise` > 0, on the training split, the labels are the given ones of that level and a third part is the mask
    (N,) of the corrupted. MixBenchError for an unknown suite, split or level, or data that is not the suite's.
    """
    if split not in ("train", "test"):
        raise unknown("split", split, ("train", "test"), "a suite has train and test")
    if not 0 <= noise <= 1:
        raise MixBenchError(f"noise: needed a share in [0, 1], got {noise}")
    if noise and split == "test":
        raise MixBenchError("noise: test labels are never corrupted; ask for split 'train'")
    section = load_suite(suite).data
    data = load(section)
    chosen = data.train if split == "train" else data.test
    if not noise:
        return chosen.pixels(), chosen.labels
    given, corrupted = corrupt(chosen.labels, data.classes, noise, section.name)
    return chosen.pixels(), given, corrupted
