"""How methods combine: '+' applies all of them stage by stage, '|' draws one mixer a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixbench.augment.hooks import has_hook
from mixbench.augment.protocol import Augmentation, Context
from mixbench.augment.traits import Change, Claim, Stage
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import stream

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Logits, Targets

_CLAIMS = {
    Claim.PARTNER: "both choose a mixing partner; join them with '|' to draw one a batch",
    Claim.CRITERION: "both are the criterion; keep one",
    Claim.LOSS: "both own the loss of a step; keep one",
    Claim.DROP_PATH: "both act on the end of residual branches; keep one",
    Claim.SPARSE_TARGETS: "both read the pair back from the targets; keep one",
}


class Choice(Augmentation):
    """Several mixers of which each batch draws one, all with the same chance, as timm's switch does."""

    stage = Stage.MIX
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)

    def __init__(self, options: list[Augmentation]) -> None:
        """Take the options; MixBenchError where one is no mixer or two are the same method."""
        for option in options:
            if option.stage is not Stage.MIX or not has_hook(getattr(option, "instance", option), "mix"):
                raise _no_mixer(option)
        _refuse_doubles(options)
        self.options = sorted(options, key=lambda option: option.name)
        self.name = "|".join(option.name for option in self.options)

    @property
    def dense_targets(self) -> bool:
        """Whether any option's are."""
        return any(option.dense_targets for option in self.options)

    @property
    def mean_colour_exemption(self) -> str:
        """The first option's that has one."""
        return next((option.mean_colour_exemption for option in self.options if option.mean_colour_exemption), "")

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch by the option that it draws."""
        drawn = self.options[int(rng.integers(len(self.options)))]
        return drawn.mix(images, targets, rng, context)


@dataclass(frozen=True, repr=False)
class Composition(Augmentation):
    """All parts of a spec in their order of effect; what the training loop knows of an augmentation."""

    parts: tuple[Augmentation, ...]

    @classmethod
    def of(cls, parts: list[Augmentation]) -> Composition:
        """Order the parts by stage and name; MixBenchError where two of them cannot be combined."""
        effective = [part for part in parts if part.name != "erm"] or parts[:1]
        _refuse_doubles(effective)
        for claim, reason in _CLAIMS.items():
            holders = [part.name for part in effective if claim in part.claims]
            if len(holders) > 1:
                raise MixBenchError(f"augmentation {holders[0]!r} does not combine with {holders[1]!r}: {reason}")
        _refuse_dense_targets(effective)
        return cls(tuple(sorted(effective, key=lambda part: (part.stage, part.name))))

    @property
    def forward_passes(self) -> int:
        """Those of the part with the most, which is the one that owns the loss."""
        return max(part.forward_passes for part in self.parts)

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Apply every part's mix, each with a stream of its own."""
        seed = _seed(rng)
        for part in self.parts:
            images, targets = part.mix(images, targets, stream(seed, part.name), context)
        return images, targets

    def prepare(self, model: nn.Module) -> None:
        """Let every part change the model."""
        for part in self.parts:
            part.prepare(model)

    def learners(self, model: nn.Module, classes: int) -> dict[str, nn.Module]:
        """Make every part's own parameters, by the name it knows them by."""
        made = {part.learned_name: part.learner(model, classes) for part in self.parts}
        return {name: module for name, module in made.items() if module is not None}

    def criterion(self, logits: Logits, targets: Targets) -> Tensor:
        """Return the loss of the part that claims the criterion, else cross-entropy."""
        holder = self._holder(Claim.CRITERION)
        if holder:
            return holder.criterion(logits, targets)
        return -(targets * logits.log_softmax(dim=1)).sum(dim=1).mean()

    def log_probabilities(self, logits: Logits) -> Logits:
        """Return log-probabilities by the criterion's link."""
        return (self._holder(Claim.CRITERION) or super()).log_probabilities(logits)

    @property
    def link(self) -> str:
        """The name of the criterion's link."""
        holder = self._holder(Claim.CRITERION)
        return holder.link if holder else "softmax"

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the loss of the part that claims it, else the criterion on the logits."""
        holder = self._holder(Claim.LOSS) or super()
        return holder.loss(model, criterion, images, targets, stream(_seed(rng), "loss"), context)

    def _holder(self, claim: Claim) -> Augmentation | None:
        return next((part for part in self.parts if claim in part.claims), None)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**63))


def _no_mixer(option: Augmentation) -> MixBenchError:
    from mixbench.augment.table import METHODS

    mixers = ", ".join(method.name for method in METHODS if method.stage is Stage.MIX)
    hint = "measure it as a row of its own" if Claim.PARTNER in option.claims else "use '+'"
    what = "has no mix" if option.stage is Stage.MIX else f"is of stage {option.stage.name}"
    return MixBenchError(
        f"augmentation {option.name!r}: '|' draws between mixers, the methods of stage MIX ({mixers}), and this"
        f" {what}; {hint}"
    )


def _refuse_dense_targets(parts: list[Augmentation]) -> None:
    reader = next((part for part in parts if Claim.SPARSE_TARGETS in part.claims), None)
    dense = next((part for part in parts if part.dense_targets and part is not reader), None)
    if reader and dense:
        raise MixBenchError(
            f"augmentation {reader.name!r} does not combine with {dense.name!r}: it reads the two mixed classes back"
            " from the targets, and these have more; leave one out"
        )


def _refuse_doubles(parts: list[Augmentation]) -> None:
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise MixBenchError(f"augmentation {name!r} is given {names.count(name)} times; keep one")
