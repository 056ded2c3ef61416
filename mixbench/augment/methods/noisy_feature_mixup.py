"""Noisy Feature Mixup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from annotated_types import Len

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, NonNegative, Positive, method
from mixbench.augment.tools.feature_noise import noised
from mixbench.augment.tools.hidden import Place, changed_at, drawn_mixture, require_places
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class NoisyFeatureMixup(Augmentation):
    """Mixup of a hidden representation at a place drawn for each batch, with noise added to it and multiplied into it.

    Lim et al., Noisy Feature Mixup, 2022, §3; one λ ~ Beta(α, α) and one permutation a batch. What is mixed, h, becomes
    (1 + m·s₂·u) ⊙ h + a·s₁·ξ with s₁, s₂ ~ Beta(2, 5) a batch, u ~ U(−1, 1) and ξ ~ N(0, 1) an element. The input is
    changed behind its normalisation and is not clamped, as in the authors' code. Without noise it is Manifold Mixup.

    alpha: of Beta(α, α).
    additive: a, the level of the added noise.
    multiplicative: m, the level of the multiplied noise.
    stages: places, of which each batch draws one: 0 the normalised input, stem what the first residual stage is given,
    k ≥ 1 the output of the k-th residual stage (of the k-th block in a ViT); never the last of four in the paper.
    """

    name = "noisy_feature_mixup"
    origin = Origin(
        title="Noisy Feature Mixup",
        authors="Soon Hoe Lim and N. Benjamin Erichson and Francisco Utrera and Winnie Xu and Michael W. Mahoney",
        year=2022,
        venue="International Conference on Learning Representations (ICLR)",
        link="https://arxiv.org/abs/2110.02180",
        repository="https://github.com/erichson/NFM",
        commit="ed22d5d, forward pass by its definition: differences up to 1e-5 for the same draws",
        settings={
            "CIFAR": "noisy_feature_mixup(additive=0.4,multiplicative=0.2)",
            "ImageNet script": "noisy_feature_mixup(additive=0.1,multiplicative=0.1)",
        },
        why="The commands of the authors' README, for CIFAR-10 and CIFAR-100.",
        departures=("The draws come from the CPU, so that they are the same on every device.",),
    )
    stage = Stage.LOSS
    kinds = ANY_KIND
    claims = frozenset({Claim.PARTNER, Claim.LOSS})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)

    alpha: Positive = 1.0
    additive: NonNegative = 0.4
    multiplicative: NonNegative = 0.2
    stages: Annotated[tuple[Place, ...], Len(1)] = (0, 1, 2, 3)

    def prepare(self, model: nn.Module) -> None:
        """Change nothing; MixBenchError where the backbone lacks one of the stages."""
        require_places(self.name, model, self.stages)

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the criterion against mixed targets, of a forward pass that is mixed and noised at the place drawn."""
        place, mixed = drawn_mixture(len(images), self.stages, self.alpha, rng)

        def changed(values: Tensor) -> Tensor:
            return noised(mixed(values), self.additive, self.multiplicative, rng)

        with changed_at(model, place, changed):
            return criterion(model(images), mixed(targets))
