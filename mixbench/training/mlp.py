"""The backbone of feature vectors: a small multilayer perceptron, as in the mixup paper."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model

NAME = "mlp"
HIDDEN = (128, 128)


class Mlp(nn.Module):
    """Two hidden layers of 128 ReLU, by PyTorch's initial weights. Zhang et al., mixup, 2018, §3.6.

    Features (N, F, 1, 1) → logits (N, K). The hidden layers are its stages, as timm's models have them.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        widths = pairwise((features, *HIDDEN))
        self.stages = nn.Sequential(*(nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in widths))
        self.head = nn.Linear(HIDDEN[-1], classes)
        self.feature_info = [{"module": f"stages.{i}"} for i in range(len(HIDDEN))]

    def forward_features(self, features: Float[Tensor, "n f 1 1"]) -> Float[Tensor, "n d"]:
        """Return what the last layer takes."""
        return self.stages(features.flatten(1))

    def forward(self, features: Float[Tensor, "n f 1 1"]) -> Float[Tensor, "n k"]:
        """Classify."""
        return self.head(self.forward_features(features))

    def get_classifier(self) -> nn.Module:
        """Return the last layer."""
        return self.head


def names() -> list[str]:
    """Return the names of the backbones of feature vectors."""
    return [NAME]


def is_mlp(name: str) -> bool:
    """Whether there is one of this name."""
    return name == NAME


def make(backbone: str, data: Data, start: Model) -> nn.Module:
    """Make one with random weights; MixBenchError for pretrained ones, of which there are none."""
    if start.pretrained:
        raise MixBenchError(f"backbone {backbone!r}: has no pretrained weights; leave out the suite's model.pretrained")
    return Mlp(data.channels, data.classes)


def describe(_backbone: str, data: Data, _start: Model) -> dict[str, Any]:
    """Say how one was made, for records."""
    return {"torch": torch.__version__, "mlp": {"features": data.channels, "hidden": list(HIDDEN)}, "stem": "none"}
