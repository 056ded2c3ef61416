"""Manifold Mixup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from annotated_types import Len

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, Positive, method
from mixbench.augment.tools.hidden import Place, changed_at, drawn_mixture, require_places
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class ManifoldMixup(Augmentation):
    """Mixup of a hidden representation, at a stage drawn for each batch.

    Verma et al., Manifold Mixup, 2019, §2; one λ ~ Beta(α, α) and one permutation a batch. Zhang et al., mixup, 2018,
    Table 5 has it with α = 1 at one place: its Layer 1 is stages=[stem], its Layer k is stages=[k − 1]. The loss is the
    criterion; the authors' code trains every run, ERM too, with binary cross-entropy of the softmax, mean over classes.

    alpha: of Beta(α, α).
    stages: places, of which each batch draws one: 0 the input, stem what the first residual stage is given, k ≥ 1 the
    output of the k-th residual stage (of the k-th block in a ViT, the k-th of timm's features in
    EfficientNet and MobileNet).
    """

    name = "manifold_mixup"
    stage = Stage.LOSS
    kinds = ANY_KIND
    claims = frozenset({Claim.PARTNER, Claim.LOSS})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)
    origin = Origin(
        title="Manifold Mixup: Better Representations by Interpolating Hidden States",
        authors=(
            "Vikas Verma and Alex Lamb and Christopher Beckham and Amir Najafi and Ioannis Mitliagkas and "
            "David Lopez-Paz and Yoshua Bengio"
        ),
        year=2019,
        link="https://arxiv.org/abs/1806.05236",
        venue="International Conference on Machine Learning (ICML)",
        details={"volume": "97", "pages": "6438--6447"},
        repository="https://github.com/vikasverma1077/manifold_mixup",
        commit="870ef77, executed: the mixing is the same",
        settings={"CIFAR": "manifold_mixup"},
        why="α 2 and the places 0, 1 and 2 are the authors' for CIFAR.",
        departures=(
            (
                "The loss is the criterion, cross-entropy; the authors' code trains every run, ERM too, with "
                "binary cross-entropy of the softmax."
            ),
            "On EfficientNet and MobileNet k counts the stages of timm's list of features.",
        ),
    )

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
        place, mixed = drawn_mixture(len(images), self.stages, self.alpha, rng)
        if place == 0:
            return criterion(model(mixed(images)), mixed(targets))
        with changed_at(model, place, mixed):
            return criterion(model(images), mixed(targets))
