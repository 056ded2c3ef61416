"""Mosaic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Probability, method
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import pasted, taken
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Mosaic(Augmentation):
    """Each image split at a random centre; it keeps its top left and gets the other quadrants from three others.

    Bochkovskiy et al., YOLOv4: Optimal Speed and Accuracy of Object Detection, 2020, §3.4, as the classifier of the
    authors' darknet has it, which does not resize: a quadrant shows the pixels that lie there in its own image. Targets
    by the quadrants' areas. YOLOv5's Mosaic, on a doubled canvas that is then cropped, is another thing.

    margin: the least distance of the centre from a border, as a share of the side; 0.2 in the authors' code.
    probability: with which a batch is mixed; 0.5 in the authors' code.
    """

    name = "mosaic"
    version = 2
    stage = Stage.MIX
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)
    origin = Origin(
        title="YOLOv4: Optimal Speed and Accuracy of Object Detection",
        authors="Alexey Bochkovskiy and Chien-Yao Wang and Hong-Yuan Mark Liao",
        year=2020,
        link="https://arxiv.org/abs/2004.10934",
        repository="https://github.com/AlexeyAB/darknet",
        commit="59596d7, read only",
        settings={"ImageNet": "mosaic(probability=0.5)"},
        why="Every batch is mixed, so that a row shows the method and not half of it; the margin is the authors'.",
        departures=("The authors mix half of the batches.",),
    )

    margin: Annotated[float, Interval(ge=0, le=0.5)] = 0.2
    probability: Probability = 1.0

    @property
    def dense_targets(self) -> bool:
        """Always: four images have up to four classes."""
        return True

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch, a centre an image."""
        import torch

        if rng.random() >= self.probability:
            return images, targets
        sides = np.array(images.shape[2:])
        centres = np.rint(rng.uniform(self.margin, 1 - self.margin, size=(len(images), 2)) * sides)
        upper, left = (
            torch.from_numpy(np.arange(side) < centres[:, [axis]]).to(images.device) for axis, side in enumerate(sides)
        )
        upper, left = upper[:, None, :, None], left[:, None, None, :]
        orders = [permutation(len(images), rng) for _ in range(3)]
        right, below, opposite = (taken(images, order) for order in orders)
        mixed = pasted(pasted(opposite, left, below), upper, pasted(right, left, images))
        shares = torch.from_numpy(_shares(centres / sides)).to(targets)
        parts = torch.stack([targets, *(targets[order] for order in orders)], dim=1)
        return mixed, (parts * shares[:, :, None]).sum(dim=1)


def _shares(centres: np.ndarray) -> np.ndarray:
    """Return the areas (N, 4) of the quadrants top left, top right, bottom left, bottom right."""
    row, column = centres.T
    return np.stack([row * column, row * (1 - column), (1 - row) * column, (1 - row) * (1 - column)], axis=1)
