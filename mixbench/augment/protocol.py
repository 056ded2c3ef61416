"""What an augmentation is: a frozen dataclass of hyper-parameters with as few hooks as it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any, dataclass_transform

import pydantic
from annotated_types import Ge, Gt, Interval, Le
from pydantic import ConfigDict

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float, Int
    from torch import Tensor, nn

    from mixbench.data.split import DataSet

    Images = Float[Tensor, "n c h w"]
    Targets = Float[Tensor, "n k"]
    Logits = Float[Tensor, "n k"]

Positive = Annotated[float, Gt(0), Le(1e6)]
NonNegative = Annotated[float, Ge(0)]
Probability = Annotated[float, Interval(ge=0, le=1)]
Count = Annotated[int, Ge(1)]


class Stage(IntEnum):
    """When a method takes effect; also the order of a canonical spec.

    A method of stage IMAGE changes each image by itself and by its own draw.
    """

    IMAGE = 1
    MIX = 2
    TARGET = 3
    MODEL = 4
    CRITERION = 5
    LOSS = 6


@dataclass(frozen=True)
class Context:
    """What a batch is part of, for schedules, neighbours, fills and learned parameters.

    `indices` (N,) are the batch's places in `data.train`; `learned` has each method's own module by its name;
    `memo` keeps what is worked out once a training.
    """

    epoch: int
    epochs: int
    indices: Int[Tensor, " n"]
    data: DataSet
    learned: Mapping[str, nn.Module] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what `make` returns, made once a training."""
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]


@dataclass_transform(frozen_default=True)
def method(cls: type) -> type:
    """Make a class a method: a frozen dataclass whose parameters are checked when it is made."""
    config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)
    return pydantic.dataclasses.dataclass(frozen=True, config=config)(cls)


def parameters_of(method: Augmentation | type[Augmentation]) -> tuple[Field[Any], ...]:
    """Return the fields that are a method's parameters, in the order of its canonical spec."""
    return fields(method)  # pyright: ignore[reportArgumentType]


class Augmentation:
    """The protocol: every hook does nothing until a method says otherwise.

    A method sets `name`, `paper` and `stage`; raises `version` when a mended bug changes its numbers; puts into
    `claims` what only one method of a sum may do: "partner", "criterion", "loss"; and into `changes` what it
    changes: pixels, targets, model, criterion, loss, schedule.
    """

    name: str
    paper: str
    stage: Stage
    version: int | str = 1
    claims: frozenset[str] = frozenset()
    changes: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    """Packages whose version changes this method's numbers, such as timm for DropBlock."""
    forward_passes: int = 1
    """Forward passes of the model in one training step."""

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Change a batch's pixels and targets, never in place.

        images (N, C, H, W) float in [0, 1]; targets (N, K) float.
        """
        return images, targets

    def prepare(self, model: nn.Module) -> None:
        """Change a model in place before training; MixBenchError where the backbone does not fit.

        `model` maps pixels to logits; `model.net` is timm's, `model.size` the images' (C, H, W). What stays in the
        model stays when it is measured.
        """

    def learner(self, model: nn.Module, classes: int) -> nn.Module | None:
        """Make this method's own parameters, trained along with the model's and dropped after training."""

    def criterion(self, logits: Logits, targets: Targets) -> Tensor:
        """Return the mean loss of a batch, a scalar; claimed by "criterion", else cross-entropy."""
        raise TypeError(f"{type(self).__name__} claims the criterion and has none")

    def log_probabilities(self, logits: Logits) -> Logits:
        """Return log-probabilities by the link that belongs to the criterion; softmax unless it says otherwise."""
        return logits.log_softmax(dim=1)

    @property
    def link(self) -> str:
        """The name of that link, for records."""
        return "softmax"

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return a step's loss, a scalar; claimed by "loss", else the criterion on the model's logits."""
        return criterion(model(images), targets)
