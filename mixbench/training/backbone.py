"""Backbones: timm's models with small stems for small images and normalisation inside the model."""

from __future__ import annotations

from typing import Any

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.sections import Data, Model
from mixbench.training.pretrained import describe_pretrained, load_pretrained, own_normalisation
from mixbench.training.stems import FAMILIES, SMALL, describe_stem, is_small, shrink_stem, stem_arguments

PLAIN = Model()
"""Random weights and, for small images, the small stem."""


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
        return self.net(self.normalised(images)).float()

    def normalised(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Return what the timm model takes: pixels less the mean, by the deviation."""
        return ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)


def backbone_names() -> list[str]:
    """Return the names of every model timm knows."""
    return timm.list_models()


def build(backbone: str, data: Data, start: Model = PLAIN, fetch: bool = True) -> Classifier:
    """Make a model with timm's initial weights from torch's global generator, or with pretrained ones.

    Without `fetch` pretrained weights are left out, for whoever loads others into the model. MixBenchError for an
    unknown backbone, one that does not take the suite's images, or pretrained weights that cannot be had.
    """
    if not timm.is_model(backbone):
        raise unknown("backbone", backbone, backbone_names(), "'mixbench list models' shows timm's")
    net = _made(backbone, data, start)
    if not start.pretrained:
        return Classifier(net, data)
    if fetch:
        load_pretrained(net, backbone, data, start.pretrained)
    return Classifier(net, own_normalisation(backbone, data))


def _made(backbone: str, data: Data, start: Model) -> nn.Module:
    try:
        net = timm.create_model(backbone, **create_arguments(backbone, data, start))
        if is_small(data) and not start.pretrained:
            _shrink(net, backbone, data, start)
        _check_size(net, data)
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        # A TypeError is about an argument that the user did not give.
        reason = "" if isinstance(error, TypeError) else f" ({str(error).strip().partition(chr(10))[0]})"
        raise MixBenchError(
            f"backbone {backbone!r}: {_made_for(backbone)}, got {_size(data)}{reason}; use a {FAMILIES}"
        ) from None
    return net


def _shrink(net: nn.Module, backbone: str, data: Data, start: Model) -> None:
    if shrink_stem(net, data, start.stem == "strided"):
        return
    if start.stem == "strided":
        raise MixBenchError(f"backbone {backbone!r}: has no strided stem; use a ResNet or ResNetV2, or stem = 'small'")
    raise MixBenchError(
        f"backbone {backbone!r}: has no small stem and takes images of {SMALL}x{SMALL} and larger,"
        f" got {_size(data)}; use a {FAMILIES}"
    )


def create_arguments(backbone: str, data: Data, start: Model = PLAIN) -> dict[str, Any]:
    """Return the arguments of timm.create_model that a suite's models are made with."""
    stem = {} if start.pretrained else stem_arguments(backbone, data)
    return {"in_chans": data.channels, "num_classes": data.classes, **stem}


def describe(backbone: str, data: Data, start: Model = PLAIN) -> dict[str, Any]:
    """Say how a model was made, for records."""
    about = {"timm": timm.__version__, "create_model": {"model_name": backbone}}
    about["create_model"] |= create_arguments(backbone, data, start)
    if start.pretrained:
        return {**about, "stem": "timm's own", "pretrained": describe_pretrained(backbone, start.pretrained)}
    return {**about, "stem": describe_stem(backbone, data, start.stem == "strided")}


def _check_size(net: nn.Module, data: Data) -> None:
    """Try a blank image in evaluation mode, which changes neither weights nor random state."""
    was_training = net.training
    with torch.no_grad():
        net.eval()(next(net.parameters()).new_zeros(1, data.channels, data.height, data.width))
    net.train(was_training)


def _made_for(backbone: str) -> str:
    config = timm.get_pretrained_cfg(backbone)
    size = "x".join(map(str, config.input_size)) if config else "other"
    return f"takes {size} images" if config and config.fixed_input_size else f"made for {size} images"


def _size(data: Data) -> str:
    return f"{data.channels}x{data.height}x{data.width}"
