"""Random Erasing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Gt, Interval, Le

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Probability, method
from mixbench.augment.tools.boxes import inside
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.tools.paste import pasted
from mixbench.augment.traits import Change, Stage
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from torch import Tensor

    from mixbench.augment.protocol import Images, Targets

TRIES = 100


@method
class RandomErasing(Augmentation):
    """With a probability, each image loses one rectangle of random area, aspect and place.

    Zhong et al., Random Erasing Data Augmentation, 2020, Algorithm 1; aspect and number of tries from its code.
    The authors' code fills with CIFAR's mean colour after normalisation, which is a brighter one; ours is the mean
    colour itself, and `random` is Algorithm 1.

    p: probability with which an image is erased.
    area_min, area_max: the rectangle's area as a share of the image's, uniform between the two.
    aspect: the least height by width; uniform between it and its inverse.
    fill: the data set's mean colour, a random 8-bit level for each value, or zero.
    """

    name = "random_erasing"
    stage = Stage.ERASE
    changes = (Change.PIXELS,)
    origin = Origin(
        title="Random Erasing Data Augmentation",
        authors="Zhun Zhong and Liang Zheng and Guoliang Kang and Shaozi Li and Yi Yang",
        year=2020,
        link="https://arxiv.org/abs/1708.04896",
        venue="AAAI Conference on Artificial Intelligence",
        details={"volume": "34", "number": "7", "pages": "13001--13008"},
        repository="https://github.com/zhunzhong07/Random-Erasing",
        commit="ed05424, executed: erased share 0.1011, ours 0.1006",
        settings={"CIFAR": "random_erasing", "Algorithm 1": "random_erasing(fill=random)"},
        why="Probability, areas, aspects and tries are those of the authors' code; the fill is what they meant by it.",
        departures=(
            "The fill is the data set's mean colour; the authors write 0.4914, 0.4822, 0.4465, CIFAR's, after"
            " normalisation, which are pixels of 0.591, 0.578, 0.536.",
        ),
    )

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
