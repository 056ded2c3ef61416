"""Blurred images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mixbench.augment.origins import SHORTEN_2019
from mixbench.augment.protocol import Augmentation, Context, Positive, method
from mixbench.augment.tools.draws import per_image
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Blur(Augmentation):
    """Gaussian blur of a strength drawn for each image; targets unchanged.

    Shorten and Khoshgoftaar, A Survey on Image Data Augmentation for Deep Learning, 2019, kernel filters. The kernel
    reaches three standard deviations, at most to the image's far side; edges are reflected.

    sigma: standard deviations are uniform in (0, sigma], in pixels of the image's grid.
    """

    name = "blur"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = replace(
        SHORTEN_2019, why="Up to one pixel of the image's grid, which leaves images of 28 pixels readable."
    )

    sigma: Positive = 1.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Blur a batch."""
        # The floor keeps the kernel's division finite; such a kernel is the identity.
        sigmas = np.maximum(self.sigma * (1 - rng.random(len(images))), 1e-3)
        radius = min(int(np.ceil(3 * self.sigma)), min(images.shape[2:]) - 1)
        weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigmas[:, None]) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        for dim in (2, 3):
            images = _convolve(images, weights, dim)
        return images.clamp(0, 1), targets


def _convolve(images: Images, weights: np.ndarray, dim: int) -> Images:
    """Weigh each image's neighbours along one dimension by its own row of weights (N, 2 · radius + 1)."""
    from torch.nn.functional import pad

    taps, side = weights.shape[1], images.shape[dim]
    padding = [0, 0, taps // 2, taps // 2] if dim == 2 else [taps // 2, taps // 2, 0, 0]
    padded = pad(images, padding, mode="reflect")
    blurred = images * 0
    for i in range(taps):
        blurred = blurred + padded.narrow(dim, i, side) * per_image(weights[:, i], images)
    return blurred
