"""AugMix's chains of operations and the view that mixes them, each image by its own draws; loads torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from mixbench.augment.tools.distortions import NINE, distort
from mixbench.augment.tools.draws import per_image

Images = Float[Tensor, "n c h w"]


def augmix_view(
    images: Images,
    rng: np.random.Generator,
    width: int = 3,
    depth: int = 3,
    severity: float = 3.0,
    alpha: float = 1.0,
    names: Sequence[str] = NINE,
) -> Images:
    """Return a mixture of each image with its `width` chains of 1 to `depth` operations; same shape, in [0, 1].

    alpha: of the Dirichlet that weighs the chains and of the Beta that weighs them against the image.
    Hendrycks et al., AugMix, 2020, Algorithm 1.
    """
    weights = rng.dirichlet([alpha] * width, len(images))
    share = per_image(rng.beta(alpha, alpha, len(images)), images)
    mixture = images * 0
    for chain in range(width):
        mixture = mixture + per_image(weights[:, chain], images) * chained(images, rng, depth, severity, names)
    return ((1 - share) * images + share * mixture).clamp(0, 1)


def chained(
    images: Images, rng: np.random.Generator, depth: int = 3, severity: float = 3.0, names: Sequence[str] = NINE
) -> Images:
    """Apply one to `depth` of the named operations to each image, drawn with their levels for it alone."""
    depths = rng.integers(1, depth + 1, len(images))
    for step in range(depth):
        images = distort(images, severity, rng, names, step < depths)
    return images
