"""mixup and the variants of its paper's ablation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, Positive, method
from mixbench.augment.tools.partners import draw_partners
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Mixup(Augmentation):
    """Convex combinations of images and of their targets, one λ ~ Beta(α, α) a batch.

    Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018, §2; variants: Table 5, k images: §3.3.

    alpha: of Beta(α, α), or of the symmetric Dirichlet for k > 2.
    classes: partners of any class, or of the image's own.
    partner: a random image of the batch, or one of the training set's 200 nearest.
    targets: mixed like the images, or those of the image with the largest weight ("inputs only").
    k: how many images are mixed.
    warmup_epochs: epochs without mixing at the start.
    """

    name = "mixup"
    stage = Stage.MIX
    kinds = ANY_KIND
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)
    origin = Origin(
        title="mixup: Beyond Empirical Risk Minimization",
        authors="Hongyi Zhang and Moustapha Cisse and Yann N. Dauphin and David Lopez-Paz",
        year=2018,
        link="https://arxiv.org/abs/1710.09412",
        venue="International Conference on Learning Representations (ICLR)",
        repository="https://github.com/facebookresearch/mixup-cifar10",
        commit="eaff31a, executed: differences up to 6e-8",
        settings={"CIFAR": "mixup", "ImageNet": "mixup(alpha=0.2)", "CIFAR, label noise": "mixup(alpha=8)"},
        why="α 1 is the authors' for CIFAR; their 0.2 is for ImageNet and 8 to 32 for label noise.",
    )

    alpha: Positive = 1.0
    classes: Literal["all", "same"] = "all"
    partner: Literal["random", "nearest"] = "random"
    targets: Literal["mixed", "nearer"] = "mixed"
    k: Annotated[int, Ge(2), Le(32)] = 2
    warmup_epochs: Annotated[int, Ge(0)] = 0

    @property
    def dense_targets(self) -> bool:
        """Where more than two images are mixed."""
        return self.k > 2

    @property
    def mean_colour_exemption(self) -> str:
        """The targets of "inputs only" stay one image's own."""
        return "targets are those of one image" if self.targets == "nearer" else ""

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch; the variants by neighbours need a context."""
        if context and context.epoch < self.warmup_epochs:
            return images, targets
        weights = self._weights(rng)
        mixed, mixed_targets, nearer, kept = images, targets, targets, weights[0]
        for i, weight in enumerate(weights[1:], start=1):
            other, other_targets = draw_partners(images, targets, rng, self.partner, self.classes, context)
            share = kept / (kept + weight) if kept else 0.0
            # The partners are copies of our own, and one lerp in place is the cheapest mix there is.
            mixed, mixed_targets = other.lerp_(mixed, share), other_targets.lerp(mixed_targets, share)
            nearer = other_targets if i == np.argmax(weights) else nearer
            kept += weight
        return mixed, mixed_targets if self.targets == "mixed" else nearer

    def _weights(self, rng: np.random.Generator) -> list[float]:
        if self.k == 2:
            share = float(rng.beta(self.alpha, self.alpha))
            return [share, 1 - share]
        return rng.dirichlet([self.alpha] * self.k).tolist()
