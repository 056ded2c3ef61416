"""The nine label-preserving operations of AugMix and PixMix, one an image, on whole batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mixbench.augment.tools.affine import identity_maps, rotations, shears, warp
from mixbench.augment.tools.draws import per_image

Images = Float[Tensor, "n c h w"]
Levels = np.ndarray

MAX_LEVEL = 10


def distort(images: Images, severity: float, rng: np.random.Generator) -> Images:
    """Change each image (N, C, H, W) by an operation of its own, drawn with a level up to `severity` of 10.

    Hendrycks et al., AugMix, 2020, §3 and its code: rotations to 30°, shears to 0.3, shifts by a third at level 10.
    """
    kinds = rng.integers(len(OPERATIONS), size=len(images))
    levels = rng.uniform(0.1, severity, len(images)) / MAX_LEVEL
    signed = levels * rng.choice([-1, 1], len(images))
    out = images.clone()
    for kind, operation in enumerate(OPERATIONS):
        chosen = np.flatnonzero(kinds == kind)
        if len(chosen):
            where = torch.from_numpy(chosen).to(images.device)
            out[where] = operation(images[where], (signed if kind in SIGNED else levels)[chosen])
    return out


def autocontrast(images: Images, _levels: Levels) -> Images:
    """Stretch every channel to [0, 1]; a constant channel stays."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    return torch.where(high > low, (images - low) / (high - low).clamp_min(1 / 256), images).clamp(0, 1)


def equalize(images: Images, _levels: Levels) -> Images:
    """Equalise every channel's histogram of 256 values."""
    from torchvision.transforms.v2.functional import equalize_image

    return equalize_image(images)


def posterize(images: Images, levels: Levels) -> Images:
    """Keep the 4 highest bits of 8, fewer at higher levels."""
    step = per_image(2.0 ** (4 + np.floor(levels * 4)), images)
    return (images * 255).round().div(step).floor() * step / 255


def solarize(images: Images, levels: Levels) -> Images:
    """Invert the values from a threshold upwards, lower at higher levels."""
    threshold = per_image((256 - np.floor(levels * 256)) / 255, images)
    # Half a grey level of slack, since 8-bit values as floats may lie a rounding below the threshold.
    return torch.where(images < threshold - 0.5 / 255, images, 1 - images)


def rotate(images: Images, levels: Levels) -> Images:
    """Rotate about the centre by whole degrees."""
    return _moved(images, rotations(np.deg2rad(np.trunc(levels * 30))))


def shear_x(images: Images, levels: Levels) -> Images:
    """Shift each row by its distance from the top."""
    return _sheared(images, levels, 0)


def shear_y(images: Images, levels: Levels) -> Images:
    """Shift each column by its distance from the left."""
    return _sheared(images, levels, 1)


def translate_x(images: Images, levels: Levels) -> Images:
    """Shift along the rows by whole pixels."""
    return _shifted(images, levels, 0)


def translate_y(images: Images, levels: Levels) -> Images:
    """Shift along the columns by whole pixels."""
    return _shifted(images, levels, 1)


OPERATIONS: tuple[Callable[[Images, Levels], Images], ...] = (
    autocontrast,
    equalize,
    posterize,
    solarize,
    rotate,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
)
SIGNED = frozenset(range(4, 9))
"""The operations whose level goes in two directions."""


def _sheared(images: Images, levels: Levels, axis: int) -> Images:
    slopes = levels * 0.3
    maps = shears(slopes, np.full(len(slopes), axis))
    maps[:, axis, 2] = slopes * images.shape[2 + axis] / 2
    return _moved(images, maps)


def _shifted(images: Images, levels: Levels, axis: int) -> Images:
    maps = identity_maps(len(levels))
    maps[:, axis, 2] = np.trunc(levels * images.shape[3 - axis] / 3)
    return _moved(images, maps)


def _moved(images: Images, maps: np.ndarray) -> Images:
    return warp(images, maps, fill=images.new_zeros(1, images.shape[1], 1, 1))
