"""Vicinal Gaussian noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, NonNegative, method
from mixbench.augment.tools.draws import bounds_of, standard_normal
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class GaussianNoise(Augmentation):
    """Gaussian noise of one strength on every pixel, clamped to [0, 1]; targets unchanged.

    Chapelle et al., Vicinal Risk Minimization, 2000; its place in mixup's ablation: Zhang et al., 2018, Table 5.

    sigma: the noise's standard deviation, in pixels of [0, 1]; 0.05, 0.1 and 0.2 in that table.
    """

    name = "gaussian_noise"
    stage = Stage.NOISE
    kinds = ANY_KIND
    changes = (Change.PIXELS,)
    origin = Origin(
        title="Vicinal Risk Minimization",
        authors="Olivier Chapelle and Jason Weston and Léon Bottou and Vladimir Vapnik",
        year=2000,
        link="https://papers.nips.cc/paper/2000/hash/ba9a56ce0a9bfa26e8ed9e10b2cc8f46-Abstract.html",
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        details={"volume": "13", "pages": "416--422"},
        no_repository="written from the paper; its place beside mixing is Table 5 of mixup's paper",
        settings={"CIFAR": "gaussian_noise", "CIFAR, stronger": "gaussian_noise(sigma=0.2)"},
        why="The weakest of the three strengths in mixup's Table 5.",
    )

    sigma: NonNegative = 0.05

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Add noise to a batch."""
        return (images + self.sigma * standard_normal(images, rng)).clamp(*bounds_of(context)), targets
