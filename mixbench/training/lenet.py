"""LeNet, which timm lacks: two convolutions and two fully connected layers, for grey pictures and spectrograms."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model

NAME = "lenet"
MAPS, UNITS = (20, 50), 500
KERNEL, POOL = 5, 2
LEAST = 16
"""Pixels of a side of which the second pooling leaves one."""


class LeNet(nn.Module):
    """5×5 convolutions to 20 and 50 maps, each with 2×2 max pooling and ReLU; 500 ReLU units; by PyTorch's initial
    weights. LeCun et al., Gradient-based learning applied to document recognition, 1998, in the widths of Caffe's.

    Images (N, C, H, W) → logits (N, K). The convolutions are its stages, as timm's models have them.
    """

    def __init__(self, channels: int, height: int, width: int, classes: int) -> None:
        super().__init__()
        self.stages = nn.Sequential(_stage(channels, MAPS[0]), _stage(MAPS[0], MAPS[1]))
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(MAPS[1] * _left(height) * _left(width), UNITS), nn.ReLU())
        self.head = nn.Linear(UNITS, classes)
        self.feature_info = [{"module": f"stages.{i}"} for i in range(len(MAPS))]

    def forward_features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n m a b"]:
        """Return the last maps."""
        return self.stages(images)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        """Classify."""
        return self.head(self.hidden(self.forward_features(images)))

    def get_classifier(self) -> nn.Module:
        """Return the last layer."""
        return self.head


def _stage(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, KERNEL), nn.MaxPool2d(POOL), nn.ReLU())


def _left(side: int) -> int:
    for _ in MAPS:
        side = (side - KERNEL + 1) // POOL
    return side


def names() -> list[str]:
    """Return its name, as a family of backbones does."""
    return [NAME]


def is_lenet(name: str) -> bool:
    """Whether it has this name."""
    return name == NAME


def make(backbone: str, data: Data, start: Model) -> nn.Module:
    """Make one with random weights; MixBenchError for pretrained ones, a strided stem and images that are too small."""
    if start.pretrained:
        raise MixBenchError(f"backbone {backbone!r}: has no pretrained weights; leave out the suite's model.pretrained")
    if min(data.height, data.width) < LEAST:
        raise MixBenchError(
            f"backbone {backbone!r}: needed images of {LEAST}x{LEAST} or more, got {data.height}x{data.width}; use"
            " another backbone"
        )
    return LeNet(data.channels, data.height, data.width, data.classes)


def describe(_backbone: str, data: Data, _start: Model) -> dict[str, Any]:
    """Say how one was made, for records."""
    size = [data.channels, data.height, data.width]
    return {"torch": torch.__version__, "lenet": {"size": size, "maps": list(MAPS), "units": UNITS}, "stem": "none"}
