"""Noisy images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mixbench.augment.origins import SHORTEN_2019
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, NonNegative, method
from mixbench.augment.tools.draws import bounds_of, per_image, standard_normal
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class Noise(Augmentation):
    """Gaussian noise of a strength drawn for each image, clamped to [0, 1]; targets unchanged.

    Shorten and Khoshgoftaar, A Survey on Image Data Augmentation for Deep Learning, 2019, noise injection. With one
    strength for all images it is gaussian_noise.

    sigma: standard deviations are uniform in [0, sigma], in pixels of [0, 1].
    """

    name = "noise"
    stage = Stage.NOISE
    kinds = ANY_KIND
    changes = (Change.PIXELS,)
    origin = replace(
        SHORTEN_2019,
        why="Up to 0.1, twice the strength of gaussian_noise, so that the mean strength is the same.",
    )

    sigma: NonNegative = 0.1

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Add noise to a batch."""
        strength = per_image(rng.uniform(0, self.sigma, len(images)), images)
        return (images + strength * standard_normal(images, rng)).clamp(*bounds_of(context)), targets
