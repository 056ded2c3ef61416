"""Vicinal Gaussian noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.protocol import Augmentation, Change, Context, NonNegative, Stage, method
from mixbench.augment.tools.draws import standard_normal

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
    paper = "Chapelle et al., 2000, NeurIPS 13"
    stage = Stage.NOISE
    changes = (Change.PIXELS,)

    sigma: NonNegative = 0.05

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Add noise to a batch."""
        return (images + self.sigma * standard_normal(images, rng)).clamp(0, 1), targets
