"""Places inside timm's models where a method hooks in; imports torch and timm, so hooks import it when they run."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import timm
import torch
from timm.layers.drop import DropPath
from timm.layers.norm_act import BatchNormAct2d
from timm.models.resnet import ResNet
from timm.models.resnetv2 import ResNetV2
from torch import nn

from mixbench.spec.errors import MixBenchError

SLOT = "drop_path"
"""timm's name for the place at the end of a residual branch, before the branch is added."""


_STAGE = re.compile(r"(^|\.)(layers?|stages?|blocks|denseblock|s)\.?\d+$")


def refusal(name: str, net: nn.Module, needed: str, found: str) -> MixBenchError:
    """Make the one line for a method that a backbone has no place for."""
    backbone = architecture(net) or type(net).__name__
    return MixBenchError(
        f"augmentation {name!r}: needed {needed}, got backbone {backbone!r} {found};"
        f" 'mixbench list models --aug {name}' shows backbones that fit"
    )


def architecture(net: nn.Module) -> str | None:
    """Return the name that timm.create_model makes a model by, or nothing for a model from elsewhere."""
    config = getattr(net, "pretrained_cfg", None) or {}
    return config.get("architecture")


def last_convolutions(net: nn.Module) -> list[nn.Module]:
    """Return the last convolution of each residual block of a ResNet or ResNetV2, in order; none for other models."""
    if isinstance(net, ResNet):
        blocks = [block for name, stage in net.named_children() if name.startswith("layer") for block in _of(stage)]
    elif isinstance(net, ResNetV2):
        blocks = [block for stage in _of(net.stages) for block in _of(stage.get_submodule("blocks"))]
    else:
        blocks = []
    return [block.get_submodule("conv3" if hasattr(block, "conv3") else "conv2") for block in blocks]


def residual_stages(net: nn.Module) -> list[nn.Module]:
    """Return a model's residual stages in order, from timm's list of features; none where it has no numbered stages."""
    names = [entry["module"] for entry in getattr(net, "feature_info", None) or []]
    return [net.get_submodule(name) for name in names if _STAGE.search(name)]


def adopt(
    net: nn.Module,
    name: str,
    kind: type[nn.Module],
    option: str,
    rate: float,
    made: Callable[[Any], nn.Module] = lambda module: module,
) -> None:
    """Give a model the modules of a kind that timm gives it for an option of create_model, or what is `made` of them.

    A twin on the meta device, which has no weights and draws none, says where they belong. MixBenchError where the
    backbone does not know the option, has no such place, or has one that is taken.
    """
    needed = f"a backbone with timm's {option}"
    options: dict[str, Any] = {option: rate}
    try:
        with torch.device("meta"):
            twin = timm.create_model(architecture(net) or "", **options)
    except (TypeError, RuntimeError):
        raise refusal(name, net, needed, "without it") from None
    places = {path: module for path, module in twin.named_modules() if isinstance(module, kind) and _used(twin, path)}
    if not places:
        raise refusal(name, net, needed, "without a place for it")
    for path, module in places.items():
        put(net, path, made(module), name)


def _used(net: nn.Module, path: str) -> bool:
    """Whether a place takes part: inverted residuals without a shortcut have one that timm never calls."""
    return getattr(net.get_submodule(path.rpartition(".")[0]), "has_skip", True)


def put(net: nn.Module, path: str, module: nn.Module, name: str) -> None:
    """Put a module without parameters into a place that is free, or already has one of its kind."""
    parent, _, slot = path.rpartition(".")
    owner = net.get_submodule(parent)
    holder = getattr(owner, slot)
    if not (holder is None or isinstance(holder, (nn.Identity, DropPath, type(module)))):
        raise MixBenchError(
            f"augmentation {name!r}: needed a free {path}, got one with {type(holder).__name__} in it;"
            " two methods that both drop residual branches do not combine, keep one"
        )
    setattr(owner, slot, module.train(owner.training))


def normalised_branches(net: nn.Module, size: tuple[int, int, int]) -> tuple[list[str], list[str]]:
    """Return the paths of the residual branches' ends, in order, and of those that do not follow a batch norm.

    A forward pass of two blank images (C, H, W) in evaluation mode tells: a branch ends in batch norm where what
    arrives at its end is the very tensor that a batch norm without activation returned.
    """
    slots = {name: block for name, block in net.named_modules() if hasattr(block, SLOT)}
    for block in slots.values():
        if getattr(block, SLOT) is None:
            setattr(block, SLOT, nn.Identity())
    seen = _Seen()
    was_training = net.training
    with ExitStack() as hooks, torch.no_grad():
        for module in net.modules():
            if _is_plain_batch_norm(module):
                hooks.enter_context(module.register_forward_hook(seen.normalised))
        for name, block in slots.items():
            hooks.enter_context(
                getattr(block, SLOT).register_forward_pre_hook(partial(seen.end, path=f"{name}.{SLOT}"))
            )
        parameter = next(net.parameters())
        net.eval()(parameter.new_zeros(2, *size))
    net.train(was_training)
    return seen.ends, seen.others


class _Seen:
    """What a forward pass met."""

    def __init__(self) -> None:
        self.last: object = None
        self.ends: list[str] = []
        self.others: list[str] = []

    def normalised(self, norm: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        """Remember what a batch norm returned."""
        self.last = output

    def end(self, slot: nn.Module, inputs: tuple, path: str) -> None:
        """Note that a branch ended, and whether in a batch norm."""
        self.ends.append(path)
        if inputs[0] is not self.last:
            self.others.append(path)


def _is_plain_batch_norm(module: nn.Module) -> bool:
    if isinstance(module, BatchNormAct2d):
        return isinstance(module.act, nn.Identity)
    return isinstance(module, nn.BatchNorm2d)


def _of(modules: nn.Module) -> list[nn.Module]:
    return list(modules.children())
