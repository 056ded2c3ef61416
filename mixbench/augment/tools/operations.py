"""The policies' operations on 8-bit images, torchvision's where it has them, each image by its own; loads torch."""

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
Fill = list[float] | None
"""One value a channel, or black."""


def run(
    images: Float[Tensor, "n c h w"], steps: Sequence[Sequence[Operation]], fill: int | None = None
) -> Float[Tensor, "n c h w"]:
    """Round a batch to 8 bits and apply the steps in turn, each of one operation an image; same dtype and device.

    fill: the grey level, of 255, of what operations leave empty; None is black, as torchvision has it.
    MixBenchError where the images have neither 1 nor 3 channels.
    """
    if images.shape[1] not in (1, 3):
        raise MixBenchError(
            f"policies: needed images of 1 or 3 channels, got {images.shape[1]}; take an augmentation without colours"
        )
    pixels = (images * 255).round().to(torch.uint8)
    for step in steps:
        pixels = _step(pixels, step, None if fill is None else [float(fill)] * images.shape[1])
    return pixels.to(images.dtype) / 255


def _step(pixels: Pixels, step: Sequence[Operation], fill: Fill) -> Pixels:
    """Apply each distinct operation once, to all images that drew it: torchvision's functions take batches."""
    groups: dict[Operation, list[int]] = defaultdict(list)
    for place, operation in enumerate(step):
        groups[operation].append(place)
    changed = pixels.clone()
    for (name, magnitude), places in groups.items():
        which = torch.tensor(places, device=pixels.device)
        changed[which] = OPERATIONS[name](pixels[which], magnitude, fill)
    return changed


def _affine(pixels: Pixels, fill: Fill, **change: Any) -> Pixels:
    return F.affine(
        pixels, **{"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0], "fill": fill} | change
    )


def _slope(magnitude: float) -> float:
    return math.degrees(math.atan(magnitude))


def _solarized(pixels: Pixels, threshold: float) -> Pixels:
    # torchvision refuses a threshold above white, which would change nothing.
    return F.solarize(pixels, threshold) if threshold <= 255 else pixels


def _added_to_dark(pixels: Pixels, addition: float) -> Pixels:
    return torch.where(pixels < 128, (pixels.to(torch.int16) + int(addition)).clamp(0, 255).to(torch.uint8), pixels)


def _cut_out(pixels: Pixels, box: tuple[int, int, int, int], fill: Fill) -> Pixels:
    top, bottom, left, right = box
    return F.erase(pixels, top, left, bottom - top, right - left, pixels.new_tensor(fill or 0).reshape(-1, 1, 1))


OPERATIONS: dict[str, Callable[[Pixels, Any, Fill], Pixels]] = {
    "Identity": lambda pixels, _, fill: pixels,
    "ShearX": lambda pixels, slope, fill: _affine(pixels, fill, shear=[_slope(slope), 0.0], center=[0, 0]),
    "ShearY": lambda pixels, slope, fill: _affine(pixels, fill, shear=[0.0, _slope(slope)], center=[0, 0]),
    "TranslateX": lambda pixels, distance, fill: _affine(pixels, fill, translate=[int(distance), 0]),
    "TranslateY": lambda pixels, distance, fill: _affine(pixels, fill, translate=[0, int(distance)]),
    "Rotate": lambda pixels, degrees, fill: F.rotate(pixels, degrees, fill=fill),
    "Brightness": lambda pixels, change, fill: F.adjust_brightness(pixels, 1 + change),
    "Color": lambda pixels, change, fill: F.adjust_saturation(pixels, 1 + change),
    "Contrast": lambda pixels, change, fill: F.adjust_contrast(pixels, 1 + change),
    "Sharpness": lambda pixels, change, fill: F.adjust_sharpness(pixels, 1 + change),
    "Posterize": lambda pixels, bits, fill: F.posterize(pixels, int(bits)),
    "Solarize": lambda pixels, threshold, fill: _solarized(pixels, threshold),
    "SolarizeAdd": lambda pixels, addition, fill: _added_to_dark(pixels, addition),
    "AutoContrast": lambda pixels, _, fill: F.autocontrast(pixels),
    "Equalize": lambda pixels, _, fill: F.equalize(pixels),
    "Invert": lambda pixels, _, fill: F.invert(pixels),
    "Cutout": _cut_out,
}
