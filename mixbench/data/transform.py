"""The base transform of training images: crop, random resized crop and flip, per image, on whole batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mixbench.spec.sections.transform import RandomResizedCrop, Transform

Images = Float[Tensor, "n c h w"]


Sized = Float[Tensor, "n c out_h out_w"]
Boxes = Int[np.ndarray, "n 4"]
TRIES = 10
"""Draws of a box before the central one is taken, as in torchvision."""


def base_transform(
    images: Images, transform: Transform, rng: np.random.Generator, size: tuple[int, int] | None = None
) -> Sized:
    """Crop and flip a batch (N, C, H, W) as the suite says, each image by its own draw.

    `size` is the height and width that come out, where images are stored larger; else those of the images.
    """
    size = size or (images.shape[2], images.shape[3])
    if transform.random_resized_crop:
        boxes = draw_boxes(len(images), images.shape[2:], transform.random_resized_crop, rng)
        images = resized_crop(images, boxes, size)
    return after_resizing(images, transform, rng)


def after_resizing(images: Images, transform: Transform, rng: np.random.Generator) -> Images:
    """Do what follows the random resized crop, whose draws `rng` has made already: crop with padding and flip."""
    if transform.crop_padding:
        images = crop(
            images,
            rng.integers(2 * transform.crop_padding + 1, size=(len(images), 2)),
            transform.crop_padding,
        )
    if transform.flip:
        images = flip(images, rng.random(len(images)) < 0.5)
    return images


def crop(images: Images, offsets: np.ndarray, padding: int) -> Images:
    """Pad with black by `padding` pixels and cut each image out at its offset (N, 2), rows and columns."""
    n, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, [padding] * 4)
    place = torch.from_numpy(offsets).to(images.device)
    rows = place[:, :1] + torch.arange(height, device=images.device)
    columns = place[:, 1:] + torch.arange(width, device=images.device)
    batch = torch.arange(n, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


class Crops(NamedTuple):
    """Draws of random resized crops before any size is known: shares of the area and aspects (N, TRIES), corners (N, 2)
    in [0, 1); `ratio` has the lowest and the highest aspect."""

    shares: Float[np.ndarray, "n t"]
    aspects: Float[np.ndarray, "n t"]
    corners: Float[np.ndarray, "n 2"]
    ratio: tuple[float, float]

    def only(self, rows: slice) -> Crops:
        """Return the draws of some images."""
        return Crops(self.shares[rows], self.aspects[rows], self.corners[rows], self.ratio)

    def boxes(self, sides: Int[np.ndarray, "n 2"]) -> Boxes:
        """Return the box (top, left, height, width) of each image, whose height and width `sides` has.

        The first that fits, else the central one of the nearest allowed aspect.
        """
        height, width = sides[:, :1], sides[:, 1:]
        area = height * width * self.shares
        tall, wide = (np.round(np.sqrt(each)).astype(np.int64) for each in (area / self.aspects, area * self.aspects))
        fit = (tall > 0) & (tall <= height) & (wide > 0) & (wide <= width)
        first, rows = fit.argmax(axis=1), np.arange(len(sides))
        cut = np.stack([tall[rows, first], wide[rows, first]], axis=1)
        boxes = np.concatenate([np.floor(self.corners * (sides - cut + 1)).astype(np.int64), cut], axis=1)
        for row in np.flatnonzero(~fit.any(axis=1)):
            boxes[row] = _central_box(int(sides[row, 0]), int(sides[row, 1]), self.ratio)
        return boxes


def draw_crops(count: int, settings: RandomResizedCrop, rng: np.random.Generator) -> Crops:
    """Draw, for each image, boxes of a share of its area and an aspect within `settings`.

    Shares are uniform, aspects (width by height) log-uniform. Szegedy et al., Going Deeper with Convolutions, 2015, §6,
    by torchvision's rule.
    """
    shares = rng.uniform(*settings.scale, size=(count, TRIES))
    aspects = np.exp(rng.uniform(*np.log(settings.ratio), size=(count, TRIES)))
    low, high = settings.ratio
    return Crops(shares, aspects, rng.random((count, 2)), (low, high))


def draw_boxes(count: int, sides: Sequence[int], settings: RandomResizedCrop, rng: np.random.Generator) -> Boxes:
    """Draw a box (top, left, height, width) for each of so many images of one height and width; see draw_crops."""
    return draw_crops(count, settings, rng).boxes(np.tile(np.array(sides), (count, 1)))


def _central_box(height: int, width: int, ratio: Sequence[float]) -> list[int]:
    aspect = min(max(width / height, ratio[0]), ratio[1])
    tall = height if width / height >= aspect else round(width / aspect)
    wide = width if width / height <= aspect else round(height * aspect)
    return [(height - tall) // 2, (width - wide) // 2, tall, wide]


def resized_crop(images: Images, boxes: Boxes, size: tuple[int, int]) -> Sized:
    """Cut a box (top, left, height, width) out of each image and resize it to `size`, bilinear and antialiased.

    A resize is linear and separable: one matrix a side, so that the whole batch takes two products.
    """
    sides = images.shape[2:]
    rows, columns = (
        torch.from_numpy(resize_weights(boxes[:, axis], boxes[:, axis + 2], side, out)).to(images.device)
        for axis, (side, out) in enumerate(zip(sides, size, strict=True))
    )
    return torch.einsum("nip,ncpq,njq->ncij", rows, images, columns)


def resize_weights(
    starts: Int[np.ndarray, " n"], lengths: Int[np.ndarray, " n"], side: int, out: int
) -> Float[np.ndarray, "n o s"]:
    """Return the weights (N, out, side) that resize the pixels from `starts`, `lengths` long, to `out` pixels.

    A triangle as wide as an output pixel, at least one input pixel to each side, normalised over the box: what
    torch.nn.functional.interpolate does with antialias.
    """
    scale = lengths[:, None, None] / out
    centre = (np.arange(out)[None, :, None] + 0.5) * scale
    place = np.arange(side)[None, None, :] - starts[:, None, None] + 0.5
    weights = np.clip(1 - np.abs(place - centre) / np.maximum(scale, 1), 0, None)
    weights *= (place > 0) & (place < lengths[:, None, None])
    return (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)


def flip(images: Images, which: np.ndarray) -> Images:
    """Mirror the images that `which` (N,) says, left to right."""
    mask = torch.from_numpy(which).to(images.device)[:, None, None, None]
    return torch.where(mask, images.flip(3), images)
