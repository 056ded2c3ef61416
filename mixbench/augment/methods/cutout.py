"""Cutout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Gt, Le

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Count, method
from mixbench.augment.tools.boxes import around, inside
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.tools.paste import pasted
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Cutout(Augmentation):
    """Square holes, centred anywhere and clipped at the border, filled with the data set's mean colour.

    DeVries and Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017, §3.2.
    As in the authors' code, an odd hole loses a pixel.

    size: the hole's side as a share of the image's; the paper has 0.5, 16 of 32, for CIFAR-10, 0.25 for CIFAR-100,
        0.625 for SVHN.
    holes: how many an image.
    """

    name = "cutout"
    stage = Stage.ERASE
    version = 2
    changes = (Change.PIXELS,)
    origin = Origin(
        title="Improved Regularization of Convolutional Neural Networks with Cutout",
        authors="Terrance DeVries and Graham W. Taylor",
        year=2017,
        link="https://arxiv.org/abs/1708.04552",
        repository="https://github.com/uoguelph-mlrg/Cutout",
        commit="287f934, executed: cut share 0.192, ours 0.191, of 16 of 32 pixels",
        settings={"CIFAR-10": "cutout", "CIFAR-100": "cutout(size=0.25)", "SVHN": "cutout(size=0.625)"},
        why="16 of 32 pixels is the authors' for CIFAR-10, given as a share that fits every size.",
    )

    size: Annotated[float, Gt(0), Le(1)] = 0.5
    holes: Count = 1

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Cut holes into a batch; without a context the fill is the batch's own mean colour."""
        sides = np.array(images.shape[2:])
        hole = np.round(sides * self.size).astype(int)
        fill = mean_colour(images, context)
        for _ in range(self.holes):
            starts, ends = around(rng.integers(sides, size=(len(images), 2)), hole)
            images = pasted(images, inside(starts, ends, images), fill)
        return images, targets
