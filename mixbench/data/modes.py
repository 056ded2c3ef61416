"""Evaluation mode for a while, and every module's own mode back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode inside; each module has its old mode back afterwards."""
    before = modes(model)
    model.eval()
    try:
        yield
    finally:
        for name, module in model.named_modules():
            module.training = before[name]


def modes(model: nn.Module) -> dict[str, bool]:
    """Return which modules are in training mode, by name."""
    return {name: module.training for name, module in model.named_modules()}
