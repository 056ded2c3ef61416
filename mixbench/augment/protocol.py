"""What an augmentation is: a frozen dataclass of hyper-parameters with as few hooks as it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, dataclass_transform

import pydantic
from annotated_types import Ge, Gt, Interval, Le
from pydantic import ConfigDict

from mixbench.augment.arguments import checked_mix
from mixbench.augment.origin import Origin
from mixbench.augment.traits import Change, Claim, Stage, stage_of, words
from mixbench.spec.kinds import KINDS
from mixbench.spec.kinds import Name as Kind

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

ANY_KIND: tuple[Kind, ...] = tuple(kind.name for kind in KINDS.values())


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
    return pydantic.dataclasses.dataclass(frozen=True, repr=False, config=config)(cls)


def parameters_of(method: Augmentation | type[Augmentation]) -> tuple[Field[Any], ...]:
    """Return the fields that are a method's parameters, in the order of its canonical spec."""
    return fields(method) if is_dataclass(method) else ()


class Augmentation:
    """The protocol: every hook does nothing until a method says otherwise.

    A method sets `name`, `origin` (or `paper` alone) and `stage`; raises `version` when a mended bug changes its
    numbers; puts into `claims` what only one method of a sum may do, and into `changes` what it changes. Other words
    than those of `Claim`, `Change` and `Stage` are refused, by MixBenchError, when the class is made.
    """

    name: str
    origin: Origin | None = None
    paper: str = ""
    stage: Stage
    version: int | str = 1
    claims: frozenset[Claim] = frozenset()
    changes: tuple[Change, ...] = ()
    kinds: tuple[Kind, ...] = ("images",)
    """The kinds of data on which it makes sense."""

    libraries: tuple[str, ...] = ()
    """Packages whose version changes this method's numbers, such as timm for DropBlock."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Check the words that steer checks."""
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "claims" in own:
            cls.claims = frozenset(words(Claim, own["claims"], cls.__name__, "claims"))
        if "changes" in own:
            cls.changes = words(Change, own["changes"], cls.__name__, "changes")
        if "stage" in own:
            cls.stage = stage_of(own["stage"], cls.__name__)
        if "mix" in own:
            cls.mix = checked_mix(own["mix"])
        if "paper" not in own and isinstance(own.get("origin"), Origin):
            cls.paper = own["origin"].citation

    def __repr__(self) -> str:
        """Write the canonical spec."""
        from mixbench.augment.build import canonical

        return canonical(self)

    @property
    def learned_name(self) -> str:
        """The name that a method's own parameters have in a context."""
        return self.name

    @property
    def forward_passes(self) -> int:
        """Forward passes of the model in one training step."""
        return 1

    @property
    def passes_without_gradient(self) -> int:
        """How many of them no gradient goes back through, which take a third of the time."""
        return 0

    @property
    def dense_targets(self) -> bool:
        """Whether targets may be other than the shares of at most two classes."""
        return False

    @property
    def target_sum_exemption(self) -> str:
        """Why a mix's targets need not sum to 1; empty where they must."""
        return ""

    @property
    def mean_colour_exemption(self) -> str:
        """Why a mixer's targets need not be the mean colour of one-hot coloured images; empty where they must."""
        return ""

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
