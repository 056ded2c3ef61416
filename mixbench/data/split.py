"""A split: uint8 images and integer labels, whole in memory or, where they do not fit, in their file on the host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

EVERY = slice(None)

RESIDENT_BYTES = 2**31
"""Images of a split up to this size are read into memory and move to the device; larger ones stay where they are."""


@dataclass(frozen=True)
class Split:
    """images (N, C, H, W), uint8 in every data set, of which `white` is 1.0; labels (N,) int64.

    `size` is the height and width that everything but the base transform sees, where images are stored larger;
    `sha256` the whole data set's checksum, where a loader keeps it for images that are too many to read on every load.
    """

    images: UInt8[Tensor, "n c h w"] | Float[Tensor, "n c h w"]
    labels: Int[Tensor, " n"]
    white: int = 255
    size: tuple[int, int] | None = None
    sha256: str | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def pixels(self, which: Tensor | slice = EVERY) -> Float[Tensor, "m c h w"]:
        """Return the chosen images as float32 in [0, 1] on the labels' device, cut to `size` at their centre."""
        return self._as_pixels(centre(self._chosen(which), self.size))

    def stored_pixels(self, which: Tensor | slice = EVERY) -> Float[Tensor, "m c h w"]:
        """Return the chosen images as float32 in [0, 1] on the labels' device, as large as they are stored."""
        return self._as_pixels(self._chosen(which))

    def one_hot(self, which: Tensor | slice, classes: int) -> Float[Tensor, "m k"]:
        """Return the chosen labels as float32 distributions over classes."""
        return torch.nn.functional.one_hot(self.labels[which], classes).float()

    def to(self, device: str) -> Split:
        """Return the split on a device; images of more than RESIDENT_BYTES stay on theirs."""
        images = self.images if self.images.nbytes > RESIDENT_BYTES else self.images.to(device)
        return replace(self, images=images, labels=self.labels.to(device))

    def with_labels(self, labels: Int[Tensor, " n"]) -> Split:
        """Return the split with other labels, on the labels' old device."""
        return replace(self, labels=labels.to(self.labels.device), sha256=None)

    def _chosen(self, which: Tensor | slice) -> Tensor:
        return self.images[which.to(self.images.device) if isinstance(which, Tensor) else which]

    def _as_pixels(self, images: Tensor) -> Tensor:
        # Bytes are a quarter of what floats would be on their way to the device.
        return images.to(self.labels.device).float() / self.white


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


Pixels = TypeVar("Pixels", Tensor, np.ndarray)


def centre(images: Pixels, size: tuple[int, int] | None) -> Pixels:
    """Cut images (…, H, W) to height × width at their centre as torchvision's CenterCrop; no size leaves them whole."""
    if size is None:
        return images
    top, left = (round((whole - part) / 2) for whole, part in zip(images.shape[-2:], size, strict=True))
    return images[..., top : top + size[0], left : left + size[1]]
