"""Manifold Mixup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from annotated_types import Len

from mixbench.augment.protocol import Augmentation, Change, Claim, Context, Positive, Stage, method
from mixbench.augment.tools.hidden import Place, changed_at, require_places
from mixbench.augment.tools.partners import permutation

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class ManifoldMixup(Augmentation):
    """Mixup of a hidden representation, at a stage drawn for each batch.

    Verma et al., Manifold Mixup, 2019, §2; one λ ~ Beta(α, α) and one permutation a batch. Zhang et al., mixup, 2018,
    Table 5 has it with α = 1 at one place: its Layer 1 is stages=[stem], its Layer k is stages=[k − 1].

    alpha: of Beta(α, α).
    stages: places, of which each batch draws one: 0 the input, stem what the first residual stage is given, k ≥ 1 the
    output of the k-th residual stage (of the k-th block in a ViT).
    """

    name = "manifold_mixup"
    paper = "Verma et al., 2019, arXiv 1806.05236"
    stage = Stage.LOSS
    claims = frozenset({Claim.PARTNER, Claim.LOSS})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)

    alpha: Positive = 2.0
    stages: Annotated[tuple[Place, ...], Len(1)] = (0, 1, 2)

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
        """Return the criterion against mixed targets, of a forward pass that is mixed at the place drawn."""
        place = self.stages[int(rng.integers(len(self.stages)))]
        share = float(rng.beta(self.alpha, self.alpha))
        order = permutation(len(images), rng)

        def mixed(values: Tensor) -> Tensor:
            return values * share + values[order] * (1 - share)

        if place == 0:
            return criterion(model(mixed(images)), mixed(targets))
        with changed_at(model, place, mixed):
            return criterion(model(images), mixed(targets))
