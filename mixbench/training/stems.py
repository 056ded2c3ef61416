"""Small stems: what lets timm's ImageNet models take images with a side below 64 and end in at least 2x2."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import gcd
from typing import Any

import timm
from timm.models.convnext import ConvNeXt
from timm.models.densenet import DenseNet
from timm.models.efficientnet import EfficientNet
from timm.models.mobilenetv3 import MobileNetV3
from timm.models.resnet import ResNet
from timm.models.resnetv2 import ResNetV2
from timm.models.vgg import VGG
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model

SMALL = 64
"""Images with a shorter side than this get the small stem."""

FAMILIES = "ResNet, ResNetV2, DenseNet, EfficientNet, MobileNet, ConvNeXt, VGG or ViT"

STRIDED = "ResNet or ResNetV2"

_VITS = ("vision_transformer", "deit")

# Scales every image to its own size.
_SCALING = "crossvit"

_MOBILE = ("efficientnet", "mobilenetv3", "hardcorenas")
"""timm's modules of the families built from inverted residuals; MobileNetV2 is among the first."""

_GRID = 7
"""Patches along the shorter side that a ViT gets at least, where patches of more than 2x2 pixels can be had."""


def is_small(data: Data) -> bool:
    """Whether a suite's images get the small stem."""
    return data.values.plane and side(data) < SMALL


def stem_of(data: Data, start: Model) -> str:
    """Return the stem that a suite's models get: own (timm's), small or strided."""
    return "own" if start.pretrained or not is_small(data) else start.stem


def side(data: Data) -> int:
    """Return the shorter side of a suite's images, in pixels."""
    return min(data.height, data.width)


def stem_arguments(backbone: str, data: Data) -> dict[str, Any]:
    """Return the arguments of timm.create_model that make a backbone fit a suite's size; dilation replaces strides."""
    family = _module(backbone)
    if not is_small(data):
        return fixed_size(backbone, data)
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


def describe_stem(backbone: str, data: Data, strided: bool = False) -> str:
    """Say in a few words what a backbone's stem is, for records."""
    if not is_small(data):
        return "timm's own"
    if strided:
        return "strided: timm's first convolution, no pooling"
    plain = "small: first convolution with stride 1 (3x3), no pooling"
    mobile = f"small: first convolution with stride 1; the last {_surplus_strides(side(data))} of 4 later strides are 1"
    return {
        "densenet": f"{plain}; the last {_surplus(side(data), 3)} of 3 transitions do not pool",
        "vgg": f"timm's own; the last {_surplus(side(data), 5)} of 5 poolings left out",
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


def shrink_stem(net: nn.Module, data: Data, strided: bool = False) -> bool:
    """Give a model the small stem in place, with fresh weights where a kernel shrinks; False where it has none.

    A `strided` stem keeps its first convolution and only leaves out the pooling, which ResNet and ResNetV2 offer.

    The stem halves nothing any more; families that timm gives no output_stride also leave out their last poolings or
    strides where less than 2x2 would be left.
    """
    for kind, shrink in (_STRIDED if strided else _SHRINK).items():
        if isinstance(net, kind):
            shrink(net, side(data))
            return True
    grid = net.patch_embed.img_size if isinstance(net, VisionTransformer) and not strided else None
    return grid == (data.height, data.width)


def _module(backbone: str) -> str:
    return timm.model_entrypoint(backbone).__module__.rpartition(".")[2]


def _surplus_strides(side: int) -> int:
    """How many of four strides of 2, which round up, would leave less than two pixels."""
    return max(4 - ((side - 1).bit_length() - 1), 0)


def _surplus(side: int, poolings: int) -> int:
    """How many of a model's poolings, which round down, would leave less than two pixels."""
    return max(poolings - (side.bit_length() - 2), 0)


def _resnet_strided(net: Any, _side: int) -> None:
    net.maxpool = nn.Identity()


def _resnetv2_strided(net: Any, _side: int) -> None:
    net.stem.pool = nn.Identity()


def _resnet(net: Any, side: int) -> None:
    _resnet_strided(net, side)
    _shrink_convolution(net, "conv1.0" if isinstance(net.conv1, nn.Sequential) else "conv1", _he)


def _resnetv2(net: Any, side: int) -> None:
    _resnetv2_strided(net, side)
    _shrink_convolution(net, "stem.conv" if hasattr(net.stem, "conv") else "stem.conv1", _he)


def _densenet(net: Any, side: int) -> None:
    net.features.pool0 = nn.Identity()
    _shrink_convolution(net, "features.conv0", nn.init.kaiming_normal_)
    for i in range(3 - _surplus(side, 3), 3):
        net.get_submodule(f"features.transition{i + 1}").pool = nn.Identity()


def _efficientnet(net: Any, side: int) -> None:
    net.conv_stem.stride = (1, 1)
    strided = [module for name, module in net.blocks.named_modules() if _is_strided(module) and "attn" not in name]
    for convolution in strided[len(strided) - _surplus_strides(side) :]:
        convolution.stride = (1, 1)


def _is_strided(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.stride[0] == 2


def _convnext(net: Any, _side: int) -> None:
    for name, layer in net.stem.named_children():
        if isinstance(layer, nn.Conv2d):
            _shrink_convolution(net, f"stem.{name}", partial(nn.init.trunc_normal_, std=0.02))


def _vgg(net: Any, side: int) -> None:
    poolings = [name for name, layer in net.features.named_children() if isinstance(layer, nn.MaxPool2d)]
    for name in poolings[len(poolings) - _surplus(side, len(poolings)) :]:
        net.set_submodule(f"features.{name}", nn.Identity())


_SHRINK: dict[type[nn.Module], Callable[[Any, int], None]] = {
    ResNet: _resnet,
    ResNetV2: _resnetv2,
    DenseNet: _densenet,
    EfficientNet: _efficientnet,
    MobileNetV3: _efficientnet,
    ConvNeXt: _convnext,
    VGG: _vgg,
}

_STRIDED: dict[type[nn.Module], Callable[[Any, int], None]] = {ResNet: _resnet_strided, ResNetV2: _resnetv2_strided}

_he = partial(nn.init.kaiming_normal_, mode="fan_out", nonlinearity="relu")


def _shrink_convolution(net: nn.Module, path: str, initialise: Callable[[Tensor], object]) -> None:
    """Give a convolution stride 1, and a kernel of 3x3 where it has another."""
    conv = net.get_submodule(path)
    assert isinstance(conv, nn.Conv2d)
    conv.stride = (1, 1)
    if conv.kernel_size != (3, 3):
        small = nn.Conv2d(conv.in_channels, conv.out_channels, 3, stride=1, padding=1, bias=conv.bias is not None)
        initialise(small.weight)
        if small.bias is not None:
            nn.init.zeros_(small.bias)
        net.set_submodule(path, small)
