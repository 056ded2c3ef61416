"""Small batches on which a method is tried."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mixbench.augment.protocol import Context
from mixbench.data.split import DataSet, Split

TRAIN = 12
Batch = tuple[Tensor, Tensor, Context]


@dataclass(frozen=True)
class Shape:
    """What a method is tried on: channels, (H, W) and the number of classes."""

    channels: int = 3
    size: tuple[int, int] = (8, 8)
    classes: int = 3


def example_batch(n: int, channels: int, size: tuple[int, int], seed: int, classes: int = 3) -> Batch:
    """Return random images (N, C, H, W), one-hot targets (N, K) and a context half-way through a training."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (TRAIN, channels, *size), generator=generator, dtype=torch.uint8)
    return _batch(Split(pixels, torch.arange(TRAIN) % classes), n, classes)


def coloured_batch(n: int, size: tuple[int, int], seed: int, channels: int = 3, classes: int = 3) -> Batch:
    """Return images of one constant one-hot colour each, by their class, with targets and context.

    Where there are more classes than channels only as many occur as have a colour, with one channel white and black.
    """
    colours = min(max(channels, 2), classes)
    labels = torch.randint(colours, (TRAIN,), generator=torch.Generator().manual_seed(seed))
    shades = torch.nn.functional.one_hot(labels, max(channels, colours))[:, :channels].to(torch.uint8) * 255
    return _batch(Split(shades[:, :, None, None].expand(-1, -1, *size).clone(), labels), n, classes)


def _batch(train: Split, n: int, classes: int) -> Batch:
    channels = train.images.shape[1]
    data = DataSet(train, train, classes, (0.5,) * channels, (0.25,) * channels)
    indices = torch.arange(n)
    return train.pixels(indices), train.one_hot(indices, classes), Context(5, 10, indices, data)
