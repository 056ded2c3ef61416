"""A split: uint8 images and integer labels, held in memory or, where they do not fit, decoded as they are used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from mixbench.data.residence import device_holds
from mixbench.data.transform import Crops
from mixbench.spec.kinds import PIXELS, Bounds

EVERY = slice(None)


@runtime_checkable
class Streamed(Protocol):
    """Images of a split that are decoded when they are asked for, on the CPU; an array in a file, to whoever looks.

    With `whole` the random resized crop is cut out of the picture as its file has it, by `read`'s crops.
    """

    @property
    def whole(self) -> bool:
        """Whether crops are cut out of whole pictures."""
        ...

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Images, channels, height and width."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Always uint8."""
        ...

    def __getitem__(self, which: slice | Tensor) -> UInt8[Tensor, "m c h w"]: ...

    def first(self, count: int) -> Streamed:
        """Return the first images."""
        ...

    def places(self, which: slice | Tensor) -> Int[np.ndarray, " m"]:
        """Return the chosen places as indices."""
        ...

    def read(self, places: Int[np.ndarray, " m"], crops: Crops | None = None) -> UInt8[np.ndarray, "m c h w"]:
        """Decode some images, cut at the centre or by `crops`."""
        ...


@dataclass(frozen=True)
class Split:
    """images (N, C, H, W), uint8 in every data set of images, of which `white` is 1.0; labels (N,) int64.

    `size` is the height and width that everything but the base transform sees, where images are stored larger;
    `sha256` the whole data set's checksum, where a loader keeps it for images that are too many to read on every load.
    """

    images: UInt8[Tensor, "n c h w"] | Float[Tensor, "n c h w"] | Streamed
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

    def first(self, count: int) -> Split:
        """Return the first images."""
        images = self.images[:count] if isinstance(self.images, Tensor) else self.images.first(count)
        return replace(self, images=images, labels=self.labels[:count], sha256=None)

    def to(self, device: str) -> Split:
        """Return the split on a device; images that stream, or that its memory does not hold, stay on theirs."""
        images = self.images
        if isinstance(images, Tensor) and device_holds(device, images.nbytes):
            images = images.to(device)
        return replace(self, images=images, labels=self.labels.to(device))

    def with_labels(self, labels: Int[Tensor, " n"]) -> Split:
        """Return the split with other labels, on the labels' old device."""
        return replace(self, labels=labels.to(self.labels.device), sha256=None)

    def _chosen(self, which: Tensor | slice) -> Tensor:
        if isinstance(which, Tensor) and isinstance(self.images, Tensor):
            which = which.to(self.images.device)
        return self.images[which]

    def _as_pixels(self, images: Tensor) -> Tensor:
        # Bytes are a quarter of what floats would be on their way to the device.
        return as_pixels(images.to(self.labels.device), self.white)


@dataclass(frozen=True)
class DataSet:
    """A data set under a suite: both splits, the number of classes, the channels' mean and deviation; `bounds` is where
    values lie."""

    train: Split
    test: Split
    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bounds: Bounds = PIXELS

    def to(self, device: str) -> DataSet:
        """Return the data set on a device."""
        return replace(self, train=self.train.to(device), test=self.test.to(device))


def as_pixels(images: Tensor, white: int) -> Float[Tensor, "m c h w"]:
    """Return images as float32 in [0, 1]."""
    return images.float() / white


Pixels = TypeVar("Pixels", Tensor, np.ndarray)


def centre(images: Pixels, size: tuple[int, int] | None) -> Pixels:
    """Cut images (…, H, W) to height × width at their centre as torchvision's CenterCrop; no size leaves them whole."""
    if size is None:
        return images
    top, left = (round((whole - part) / 2) for whole, part in zip(images.shape[-2:], size, strict=True))
    return images[..., top : top + size[0], left : left + size[1]]


def held(split: Split) -> Tensor:
    """Return a split's images (N, C, H, W) as they are stored, of one that is known to be in memory."""
    assert isinstance(split.images, Tensor)
    return split.images
