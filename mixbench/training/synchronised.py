"""Batch norm over the batches of several processes at once, as if they were one."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules._functions import SyncBatchNorm
from torch.nn.modules.batchnorm import _BatchNorm


def synchronise(model: nn.Module) -> None:
    """Make a model's batch norms take mean and deviation over all processes in training; hooks and names stay."""
    norms: list[Any] = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.forward = partial(_forward, norm)


def _forward(norm: Any, values: Tensor) -> Tensor:
    """Do what a batch norm does, and timm's with the activation that it holds."""
    if not norm.training:
        return type(norm).forward(norm, values)
    result = _on_cuda(norm, values, _momentum(norm)) if values.is_cuda else _anywhere(norm, values, _momentum(norm))
    for name in ("drop", "act"):
        result = getattr(norm, name)(result) if hasattr(norm, name) else result
    return result


def _momentum(norm: Any) -> float:
    if not norm.track_running_stats:
        return 0.0
    norm.num_batches_tracked.add_(1)
    return 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum


def _on_cuda(norm: Any, values: Tensor, momentum: float) -> Tensor:
    """By torch's own kernels, which the CPU lacks."""
    group, count = torch.distributed.group.WORLD, torch.distributed.get_world_size()
    averages = (norm.running_mean, norm.running_var)
    return SyncBatchNorm.apply(values, norm.weight, norm.bias, *averages, norm.eps, momentum, group, count)  # pyright: ignore[reportReturnType]


def _anywhere(norm: Any, values: Tensor, momentum: float) -> Tensor:
    """By its definition. Ioffe and Szegedy, Batch Normalization, 2015, Algorithm 1."""
    wide = values.float()
    dims = [dim for dim in range(wide.ndim) if dim != 1]
    shape = [1, -1] + [1] * (wide.ndim - 2)
    count = _everywhere(wide.new_tensor(float(wide.numel() // wide.shape[1])))
    mean = _everywhere(wide.sum(dims)) / count
    centred = wide - mean.reshape(shape)
    variance = _everywhere(centred.square().sum(dims)) / count
    if norm.track_running_stats:
        with torch.no_grad():
            norm.running_mean.lerp_(mean, momentum)
            norm.running_var.lerp_(variance * count / (count - 1), momentum)
    result = centred * (variance + norm.eps).rsqrt().reshape(shape)
    if norm.affine:
        result = result * norm.weight.reshape(shape) + norm.bias.reshape(shape)
    return result.to(values.dtype)


def _everywhere(values: Tensor) -> Tensor:
    return _Sum.apply(values)  # pyright: ignore[reportReturnType]


class _Sum(torch.autograd.Function):
    """The sum over processes; each one's loss depends on it, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:  # noqa: ARG004
        total = values.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004
        total = gradients[0].clone()
        torch.distributed.all_reduce(total)
        return total
