"""How a model is trained: optimiser, schedule, budget."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field, model_validator

from mixbench.spec.sections.fields import Count, Positive, Share
from mixbench.spec.strict import Strict


class Sgd(Strict):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"]
    learning_rate: Positive
    momentum: Share
    nesterov: bool
    weight_decay: Annotated[float, Ge(0)]


class AdamW(Strict):
    """AdamW with PyTorch's β."""

    name: Literal["adamw"]
    learning_rate: Positive
    weight_decay: Annotated[float, Ge(0)]


class Decay(Strict):
    """Warm up from warmup_start × the learning rate, then fall to 0 in a straight line or half a cosine."""

    name: Literal["linear", "cosine"]
    warmup_epochs: Annotated[float, Ge(0)]
    warmup_start: Share


class Steps(Strict):
    """Warm up, then multiply the learning rate by `factor` after each of `milestones` (in epochs)."""

    name: Literal["steps"]
    warmup_epochs: Annotated[float, Ge(0)]
    warmup_start: Share
    milestones: list[Count]
    factor: Share


class Budget(Strict):
    """How a model is trained. `threads` are those of one training on a CPU, where they decide its bits."""

    epochs: Count
    batch_size: Annotated[int, Ge(2)]
    precision: Literal["float32", "bfloat16"]
    threads: Count
    optimizer: Sgd | AdamW = Field(discriminator="name")
    schedule: Decay | Steps = Field(discriminator="name")

    @model_validator(mode="after")
    def _warm_before_the_end(self) -> Budget:
        if self.schedule.warmup_epochs >= self.epochs:
            raise ValueError(f"schedule.warmup_epochs needs to be less than epochs, {self.epochs}")
        return self
