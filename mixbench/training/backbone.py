"""Backbones: the only import of timm; small stems for small images; normalisation inside the model."""

from __future__ import annotations

from typing import Any

import timm
import torch
from jaxtyping import Float
from timm.models.resnet import ResNet
from timm.models.resnetv2 import ResNetV2
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import Data

SMALL = 64
"""Images with a shorter side than this get the small stem."""


class Classifier(nn.Module):
    """A timm model that takes pixels: images (N, C, H, W) float in [0, 1] → logits (N, K) float32.

    `size` is the (C, H, W) of the images it was made for.
    """

    def __init__(self, net: nn.Module, data: Data) -> None:
        super().__init__()
        self.size = (data.channels, data.height, data.width)
        self.net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(data.mean).reshape(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(data.std).reshape(1, -1, 1, 1), persistent=False)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        """Normalise and classify."""
        normal = (images - self.mean) / self.std
        return self.net(normal.contiguous(memory_format=torch.channels_last)).float()


def backbone_names() -> list[str]:
    """Return the names of every model timm knows."""
    return timm.list_models()


def build(backbone: str, data: Data) -> Classifier:
    """Make a model with timm's initial weights from torch's global generator.

    MixBenchError for an unknown backbone, or one that does not take the suite's images.
    """
    if not timm.is_model(backbone):
        raise unknown("backbone", backbone, backbone_names(), "'mixbench list models' shows timm's")
    try:
        net = timm.create_model(backbone, **create_arguments(data))
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        raise MixBenchError(
            f"backbone {backbone!r}: does not take {_size(data)} images: {error}; use another"
        ) from None
    if is_small(data):
        _shrink_stem(net, backbone, data)
    return Classifier(net, data)


def create_arguments(data: Data) -> dict[str, Any]:
    """Return the arguments of timm.create_model that a suite's models are made with."""
    arguments: dict[str, Any] = {"in_chans": data.channels, "num_classes": data.classes}
    side = min(data.height, data.width)
    if side < 16:
        arguments["output_stride"] = 16 if side >= 8 else 8
    return arguments


def is_small(data: Data) -> bool:
    """Whether a suite's images get the small stem."""
    return min(data.height, data.width) < SMALL


def describe(backbone: str, data: Data) -> dict[str, Any]:
    """Say how a model was made, for records."""
    stem = "small: first convolution with stride 1 (3x3), no pooling" if is_small(data) else "timm's own"
    return {
        "timm": timm.__version__,
        "create_model": {"model_name": backbone, **create_arguments(data)},
        "stem": stem,
    }


def _shrink_stem(net: nn.Module, backbone: str, data: Data) -> None:
    if isinstance(net, ResNet):
        net.maxpool = nn.Identity()
        deep = isinstance(net.conv1, nn.Sequential)
        _first_convolution(net, "conv1.0" if deep else "conv1")
    elif isinstance(net, ResNetV2):
        net.stem.pool = nn.Identity()
        _first_convolution(net, "stem.conv")
    else:
        raise MixBenchError(
            f"backbone {backbone!r}: has no small stem yet for {_size(data)} images; use a ResNet or a ResNetV2"
        )


def _first_convolution(net: nn.Module, path: str) -> None:
    """Give a convolution stride 1, and a kernel of 3×3 where it is larger."""
    conv = net.get_submodule(path)
    assert isinstance(conv, nn.Conv2d)
    conv.stride = (1, 1)
    if conv.kernel_size != (3, 3):
        small = nn.Conv2d(conv.in_channels, conv.out_channels, 3, stride=1, padding=1, bias=conv.bias is not None)
        nn.init.kaiming_normal_(small.weight, mode="fan_out", nonlinearity="relu")
        net.set_submodule(path, small)


def _size(data: Data) -> str:
    return f"{data.channels}x{data.height}x{data.width}"
