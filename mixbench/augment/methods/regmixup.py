"""RegMixup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, Positive, method
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import taken
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class RegMixup(Augmentation):
    """Clean images and, in the same batch, their mixtures, with the criterion on both.

    Pinto et al., RegMixup: Mixup as a Regularizer Can Surprisingly Improve Accuracy and Out Distribution Robustness,
    2022, §3; one λ ~ Beta(α, α) and one permutation a batch. Batch norm sees both halves. As in the authors' code the
    criterion's mean goes over all 2N, so a step is half the sum of the paper's two terms.

    alpha: of Beta(α, α); large, so that most mixtures are near ½.
    """

    name = "regmixup"
    origin = Origin(
        title="RegMixup: Mixup as a Regularizer Can Surprisingly Improve Accuracy and Out Distribution Robustness",
        authors="Francesco Pinto and Harry Yang and Ser-Nam Lim and Philip H. S. Torr and Puneet K. Dokania",
        year=2022,
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        link="https://arxiv.org/abs/2206.14502",
        repository="https://github.com/FrancescoPinto/RegMixup",
        commit="fd78465, loss by its definition: differences up to 1e-6 for the same draws",
        settings={"CIFAR-10": "regmixup(alpha=20)", "CIFAR-100": "regmixup(alpha=10)"},
        why="The authors' value for CIFAR-10; so large an α keeps nearly every mixture close to one half.",
    )
    stage = Stage.LOSS
    kinds = ANY_KIND
    claims = frozenset({Claim.PARTNER, Claim.LOSS})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)

    alpha: Positive = 20.0

    @property
    def forward_passes(self) -> int:
        """Two: the clean images and their mixtures."""
        return 2

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the criterion on the clean batch and the mixed one together."""
        import torch

        share = float(rng.beta(self.alpha, self.alpha))
        order = permutation(len(images), rng)
        mixed, mixed_targets = (taken(values, order).lerp_(values, share) for values in (images, targets))
        return criterion(model(torch.cat([images, mixed])), torch.cat([targets, mixed_targets]))
