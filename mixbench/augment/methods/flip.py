"""Mirror images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Probability, method
from mixbench.augment.tools.draws import per_image
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class Flip(Augmentation):
    """Each image mirrored with a probability; targets unchanged.

    Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012, §4.1.

    axis: horizontal swaps left and right, vertical swaps top and bottom.
    probability: with which an image is mirrored.
    """

    name = "flip"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = Origin(
        title="ImageNet Classification with Deep Convolutional Neural Networks",
        authors="Alex Krizhevsky and Ilya Sutskever and Geoffrey E. Hinton",
        year=2012,
        link="https://papers.nips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html",
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        details={"volume": "25", "pages": "1097--1105"},
        no_repository="a basic transform, written from the paper",
        settings={"ImageNet": "flip"},
        why="Half of the images, as usual since that paper.",
    )

    axis: Literal["horizontal", "vertical"] = "horizontal"
    probability: Probability = 0.5

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mirror some of a batch."""
        chosen = per_image(rng.random(len(images)) < self.probability, images).bool()
        mirrored = images.flip(3 if self.axis == "horizontal" else 2)
        return mirrored.where(chosen, images), targets
