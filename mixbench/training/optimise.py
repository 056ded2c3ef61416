"""The optimiser and the learning rate of every step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from mixbench.spec.sections.training import Budget, Decay, Sgd, Steps


def optimiser(parameters: Iterable[nn.Parameter], budget: Budget) -> torch.optim.Optimizer:
    """Make the budget's optimiser."""
    settings = budget.optimizer.model_dump(exclude={"name", "learning_rate"})
    kind = torch.optim.SGD if isinstance(budget.optimizer, Sgd) else torch.optim.AdamW
    return kind(parameters, lr=budget.optimizer.learning_rate, fused=True, **settings)


def rate_factor(schedule: Decay | Steps, at: float, epochs: int) -> float:
    """Return the factor on the learning rate at a point of the training, in epochs from its start."""
    if at < schedule.warmup_epochs:
        return schedule.warmup_start + (1 - schedule.warmup_start) * at / schedule.warmup_epochs
    if isinstance(schedule, Steps):
        return schedule.factor ** sum(at >= milestone for milestone in schedule.milestones)
    left = (epochs - at) / max(epochs - schedule.warmup_epochs, 1e-9)
    return left if schedule.name == "linear" else (1 - math.cos(math.pi * left)) / 2


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Give every parameter group one learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = rate
