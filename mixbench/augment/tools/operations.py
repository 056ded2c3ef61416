"""torchvision's operations on 8-bit images, each image of a batch by its own; loads torch."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from mixbench.augment.tools.policy import Operation
from mixbench.spec.errors import MixBenchError

Pixels = UInt8[Tensor, "n c h w"]


def run(images: Float[Tensor, "n c h w"], steps: Sequence[Sequence[Operation]]) -> Float[Tensor, "n c h w"]:
    """Round a batch to 8 bits and apply the steps in turn, each of one operation an image; same dtype and device.

    MixBenchError where the images have neither 1 nor 3 channels.
    """
    if images.shape[1] not in (1, 3):
        raise MixBenchError(
            f"policies: needed images of 1 or 3 channels, got {images.shape[1]}; take an augmentation without colours"
        )
    pixels = (images * 255).round().to(torch.uint8)
    for step in steps:
        pixels = _step(pixels, step)
    return pixels.to(images.dtype) / 255


def _step(pixels: Pixels, step: Sequence[Operation]) -> Pixels:
    """Apply each distinct operation once, to all images that drew it: torchvision's functions take batches."""
    groups: dict[Operation, list[int]] = defaultdict(list)
    for place, operation in enumerate(step):
        groups[operation].append(place)
    changed = pixels.clone()
    for (name, magnitude), places in groups.items():
        which = torch.tensor(places, device=pixels.device)
        changed[which] = OPERATIONS[name](pixels[which], magnitude)
    return changed


def _affine(pixels: Pixels, **change: Any) -> Pixels:
    return F.affine(pixels, **{"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]} | change)


def _slope(magnitude: float) -> float:
    return math.degrees(math.atan(magnitude))


OPERATIONS: dict[str, Callable[[Pixels, float], Pixels]] = {
    "Identity": lambda pixels, _: pixels,
    "ShearX": lambda pixels, slope: _affine(pixels, shear=[_slope(slope), 0.0], center=[0, 0]),
    "ShearY": lambda pixels, slope: _affine(pixels, shear=[0.0, _slope(slope)], center=[0, 0]),
    "TranslateX": lambda pixels, distance: _affine(pixels, translate=[int(distance), 0]),
    "TranslateY": lambda pixels, distance: _affine(pixels, translate=[0, int(distance)]),
    "Rotate": lambda pixels, degrees: F.rotate(pixels, degrees),
    "Brightness": lambda pixels, change: F.adjust_brightness(pixels, 1 + change),
    "Color": lambda pixels, change: F.adjust_saturation(pixels, 1 + change),
    "Contrast": lambda pixels, change: F.adjust_contrast(pixels, 1 + change),
    "Sharpness": lambda pixels, change: F.adjust_sharpness(pixels, 1 + change),
    "Posterize": lambda pixels, bits: F.posterize(pixels, int(bits)),
    "Solarize": lambda pixels, threshold: F.solarize(pixels, threshold),
    "AutoContrast": lambda pixels, _: F.autocontrast(pixels),
    "Equalize": lambda pixels, _: F.equalize(pixels),
    "Invert": lambda pixels, _: F.invert(pixels),
}
