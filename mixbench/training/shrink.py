"""Small stems put into timm's models in place: strides, kernels and poolings, family by family."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

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
from mixbench.spec.sections.model import Stem
from mixbench.training.stems import side, surplus_poolings, surplus_strides


def shrink_stem(net: nn.Module, data: Data, stem: Stem = "small") -> bool:
    """Give a model the small stem in place, with fresh weights where a kernel shrinks; False where it has none.

    A strided or dilated stem keeps its first convolution and only leaves out the pooling, which ResNet and ResNetV2
    offer.

    The stem halves nothing any more; families that timm gives no output_stride also leave out their last poolings or
    strides where less than 2x2 would be left.
    """
    for kind, shrink in (_SHRINK if stem == "small" else _STRIDED).items():
        if isinstance(net, kind):
            shrink(net, side(data))
            return True
    grid = net.patch_embed.img_size if isinstance(net, VisionTransformer) and stem == "small" else None
    return grid == (data.height, data.width)


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
    for i in range(3 - surplus_poolings(side, 3), 3):
        net.get_submodule(f"features.transition{i + 1}").pool = nn.Identity()


def _efficientnet(net: Any, side: int) -> None:
    net.conv_stem.stride = (1, 1)
    strided = [module for name, module in net.blocks.named_modules() if _is_strided(module) and "attn" not in name]
    for convolution in strided[len(strided) - surplus_strides(side) :]:
        convolution.stride = (1, 1)


def _is_strided(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.stride[0] == 2


def _convnext(net: Any, _side: int) -> None:
    for name, layer in net.stem.named_children():
        if isinstance(layer, nn.Conv2d):
            _shrink_convolution(net, f"stem.{name}", partial(nn.init.trunc_normal_, std=0.02))


def _vgg(net: Any, side: int) -> None:
    poolings = [name for name, layer in net.features.named_children() if isinstance(layer, nn.MaxPool2d)]
    for name in poolings[len(poolings) - surplus_poolings(side, len(poolings)) :]:
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
