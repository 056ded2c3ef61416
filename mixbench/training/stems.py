"""Small stems, for images with a side below 64: who gets which, what timm is asked for, what it is called."""

from __future__ import annotations

from math import gcd
from typing import Any

import timm

from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model, Stem

SMALL = 64
"""Images with a shorter side than this get the small stem."""

FAMILIES = "ResNet, ResNetV2, DenseNet, EfficientNet, MobileNet, ConvNeXt, VGG or ViT"

STRIDED = "ResNet or ResNetV2"

_VITS = ("vision_transformer", "deit")

# Scales every image to its own size.
_SCALING = "crossvit"

_MOBILE = ("efficientnet", "mobilenetv3", "hardcorenas")
"""timm's modules of the families built from inverted residuals; MobileNetV2 is among the first."""

DILATED_STRIDE = 8
"""timm's word for a ResNet whose last two stages dilate; without the pooling a position is 4 pixels."""

_WORDS = {
    "strided": "timm's first convolution, no pooling",
    "dilated": "timm's first convolution, no pooling; the last two stages dilate",
}

_GRID = 7
"""Patches along the shorter side that a ViT gets at least, where patches of more than 2x2 pixels can be had."""


def is_small(data: Data) -> bool:
    """Whether a suite's images get the small stem."""
    return data.values.plane and side(data) < SMALL


def stem_of(data: Data, start: Model) -> str:
    """Return the stem that a suite's models get: own (timm's), or that of the suite."""
    return "own" if start.pretrained or not is_small(data) else start.stem


def side(data: Data) -> int:
    """Return the shorter side of a suite's images, in pixels."""
    return min(data.height, data.width)


def stem_arguments(backbone: str, data: Data, stem: Stem = "small") -> dict[str, Any]:
    """Return the arguments of timm.create_model that make a backbone fit a suite's size; dilation replaces strides."""
    family = _module(backbone)
    if not is_small(data):
        return fixed_size(backbone, data)
    if stem == "dilated":
        return {"output_stride": DILATED_STRIDE}
    if family in _VITS:
        return {**fixed_size(backbone, data), "patch_size": patch_size(data.height, data.width)}
    if family in ("densenet", "vgg", *_MOBILE):
        return {}
    if side(data) < 16:
        return {"output_stride": 16 if side(data) >= 8 else 8}
    return {}


def fixed_size(backbone: str, data: Data) -> dict[str, Any]:
    """Return the argument of timm.create_model that gives a backbone of fixed size, or any ViT, the suite's size."""
    config, family = timm.get_pretrained_cfg(backbone), _module(backbone)
    fixed = config and config.fixed_input_size and config.input_size[1:] != (data.height, data.width)
    return {"img_size": [data.height, data.width]} if family in _VITS or (fixed and family != _SCALING) else {}


def describe_stem(backbone: str, data: Data, stem: Stem = "small") -> str:
    """Say in a few words what a backbone's stem is, for records."""
    if not is_small(data):
        return "timm's own"
    if stem != "small":
        return f"{stem}: {_WORDS[stem]}"
    plain = "small: first convolution with stride 1 (3x3), no pooling"
    mobile = f"small: first convolution with stride 1; the last {surplus_strides(side(data))} of 4 later strides are 1"
    return {
        "densenet": f"{plain}; the last {surplus_poolings(side(data), 3)} of 3 transitions do not pool",
        "vgg": f"timm's own; the last {surplus_poolings(side(data), 5)} of 5 poolings left out",
        **dict.fromkeys(_MOBILE, mobile),
        "convnext": "small: convolutions with stride 1 (3x3)",
        "vision_transformer": f"small: patches of {patch_size(data.height, data.width)} pixels",
        "deit": f"small: patches of {patch_size(data.height, data.width)} pixels",
    }.get(_module(backbone), plain)


def patch_size(height: int, width: int) -> int:
    """Return the side of a ViT's patches, in pixels: of those that tile the image the largest that leaves 7 a side.

    2 where that would be single pixels and both sides are even: 32 make 4, 28 make 4, 8 make 2.
    """
    common = gcd(height, width)
    tiling = [size for size in range(1, common + 1) if common % size == 0]
    return max(size for size in tiling if size <= 2 or min(height, width) // size >= _GRID)


def surplus_strides(side: int) -> int:
    """Return how many of four strides of 2, which round up, would leave less than two pixels."""
    return max(4 - ((side - 1).bit_length() - 1), 0)


def surplus_poolings(side: int, poolings: int) -> int:
    """Return how many of a model's poolings, which round down, would leave less than two pixels."""
    return max(poolings - (side.bit_length() - 2), 0)


def _module(backbone: str) -> str:
    return timm.model_entrypoint(backbone).__module__.rpartition(".")[2]
