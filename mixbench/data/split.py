"""A split: uint8 images and integer labels, whole in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

EVERY = slice(None)


@dataclass(frozen=True)
class Split:
    """images (N, C, H, W), uint8 in every data set, of which `white` is 1.0; labels (N,) int64."""

    images: UInt8[Tensor, "n c h w"] | Float[Tensor, "n c h w"]
    labels: Int[Tensor, " n"]
    white: int = 255

    def __len__(self) -> int:
        return len(self.labels)

    def pixels(self, which: Tensor | slice = EVERY) -> Float[Tensor, "m c h w"]:
        """Return the chosen images as float32 in [0, 1]."""
        return self.images[which].float() / self.white

    def one_hot(self, which: Tensor | slice, classes: int) -> Float[Tensor, "m k"]:
        """Return the chosen labels as float32 distributions over classes."""
        return torch.nn.functional.one_hot(self.labels[which], classes).float()

    def to(self, device: str) -> Split:
        """Return the split on a device."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def with_labels(self, labels: Int[Tensor, " n"]) -> Split:
        """Return the split with other labels, on the labels' old device."""
        return replace(self, labels=labels.to(self.labels.device))


@dataclass(frozen=True)
class DataSet:
    """A data set under a suite: both splits, the number of classes, the channels' mean and deviation in [0, 1]."""

    train: Split
    test: Split
    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def to(self, device: str) -> DataSet:
        """Return the data set on a device."""
        return replace(self, train=self.train.to(device), test=self.test.to(device))
