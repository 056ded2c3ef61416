"""What a backbone's passes are made of: the operators that run, their arithmetic and the memory that they move.

Counted on torch's meta device, which computes shapes alone, so that it takes neither memory nor a GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model
from mixbench.training.backbone import random_net

Kind = Literal["forward", "attacked", "trained"]
"""Forward alone; with the gradient to the pixels; with the gradients to the weights."""


class Operation(NamedTuple):
    """One operator: the bytes that it reads and writes, and of convolutions and matrix products the floating-point
    operations, a multiplication and an addition being two."""

    flops: int
    bytes: int


class _Listing(TorchDispatchMode):
    """Keeps what runs inside; views move nothing and are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Operation] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if not func.is_view:
            count = flop_registry.get(func._overloadpacket)
            flops = count(*args, **(kwargs or {}), out_val=out) if count else 0
            tensors = (each for each in tree_leaves((args, kwargs, out)) if isinstance(each, Tensor))
            self.found.append(Operation(int(flops), sum(each.numel() * each.element_size() for each in tensors)))
        return out


def operations(net: nn.Module, images: Tensor, kind: Kind) -> tuple[Operation, ...]:
    """Return the operators of one pass of a batch (N, C, H, W) through a model on the meta device.

    A training pass ends with the cross-entropy's gradients, before the optimiser's step.
    """
    with _Listing() as listing:
        _PASSES[kind](net.train(kind == "trained"), images)
    return tuple(listing.found)


def _forward(net: nn.Module, images: Tensor) -> None:
    with torch.no_grad():
        net(images)


def _attacked(net: nn.Module, images: Tensor) -> None:
    images = images.requires_grad_()
    torch.autograd.grad(net(images).logsumexp(1).sum(), images)


def _trained(net: nn.Module, images: Tensor) -> None:
    logits = net(images)
    (-(torch.ones_like(logits) * logits.float().log_softmax(1)).sum(1).mean()).backward()


_PASSES: dict[str, Callable[[nn.Module, Tensor], None]] = {
    "forward": _forward,
    "attacked": _attacked,
    "trained": _trained,
}


@cache
def _listed(backbone: str, data: str, start: str, batch: int, kind: Kind, bfloat16: bool) -> tuple[Operation, ...]:
    section = Data.model_validate_json(data)
    dtype = torch.bfloat16 if bfloat16 else torch.float32
    with torch.device("meta"):
        net = random_net(backbone, section, Model.model_validate_json(start)).to(dtype)
        images = torch.empty(batch, section.channels, section.height, section.width, dtype=dtype)
    return operations(net, images, kind)


def backbone_operations(
    backbone: str, data: Data, start: Model, batch: int, kind: Kind, bfloat16: bool = False
) -> tuple[Operation, ...]:
    """Return the operators of a batch's pass through a suite's backbone; MixBenchError where the two do not fit."""
    return _listed(backbone, data.model_dump_json(), start.model_dump_json(), batch, kind, bfloat16)


def weight_bytes(backbone: str, data: Data, start: Model) -> int:
    """Return the bytes of a backbone's weights and buffers, as a training keeps them; errors as backbone_operations."""
    with torch.device("meta"):
        state = random_net(backbone, data, start).state_dict()
    return sum(each.numel() * each.element_size() for each in state.values())
