"""Random Erasing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Gt, Interval, Le

from mixbench.augment.protocol import Augmentation, Change, Context, Probability, Stage, method
from mixbench.augment.tools.boxes import inside
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.tools.paste import pasted
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from torch import Tensor

    from mixbench.augment.protocol import Images, Targets

TRIES = 100


@method
class RandomErasing(Augmentation):
    """With a probability, each image loses one rectangle of random area, aspect and place.

    Zhong et al., Random Erasing Data Augmentation, 2020, Algorithm 1; aspect and number of tries from its code.

    p: probability with which an image is erased.
    area_min, area_max: the rectangle's area as a share of the image's, uniform between the two.
    aspect: the least height by width; uniform between it and its inverse.
    fill: the data set's mean colour, a random 8-bit level for each value, or zero.
    """

    name = "random_erasing"
    paper = "Zhong et al., 2020, arXiv 1708.04896"
    stage = Stage.ERASE
    changes = (Change.PIXELS,)

    p: Probability = 0.5
    area_min: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    area_max: Annotated[float, Interval(gt=0, lt=1)] = 0.4
    aspect: Annotated[float, Gt(0), Le(1)] = 0.3
    fill: Literal["mean", "random", "zero"] = "mean"

    def __post_init__(self) -> None:
        """Refuse an empty range of areas with MixBenchError."""
        if self.area_min > self.area_max:
            raise MixBenchError(
                f"random_erasing: needed area_min <= area_max, got {self.area_min:g} and {self.area_max:g}; swap them"
            )

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Erase from a batch; without a context the mean is the batch's own."""
        starts, sizes = self._rectangles(rng.random(len(images)) < self.p, images.shape[2:], rng)
        mask = inside(starts, starts + sizes, images)
        return pasted(images, mask, self._filling(images, rng, context)), targets

    def _filling(self, images: Images, rng: np.random.Generator, context: Context | None) -> Tensor:
        import torch

        if self.fill == "mean":
            return mean_colour(images, context)
        if self.fill == "zero":
            return images.new_zeros(1, 1, 1, 1)
        return torch.from_numpy(rng.integers(256, size=tuple(images.shape), dtype=np.uint8)).to(images) / 255

    def _rectangles(
        self, erased: np.ndarray, side: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return corners and sizes (N, 2) in rows and columns; size 0 where nothing is erased or nothing fitted."""
        sides = np.array(side)
        sizes = np.zeros((len(erased), 2), dtype=int)
        waiting = np.flatnonzero(erased)
        for _ in range(TRIES):
            if not len(waiting):
                break
            area = rng.uniform(self.area_min, self.area_max, len(waiting)) * sides.prod()
            aspect = rng.uniform(self.aspect, 1 / self.aspect, len(waiting))
            drawn = np.rint(np.sqrt([area * aspect, area / aspect])).astype(int).T
            fits = (drawn < sides).all(axis=1)
            sizes[waiting[fits]] = drawn[fits]
            waiting = waiting[~fits]
        return rng.integers(sides - sizes + 1), sizes
