"""Scaled images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.origins import SIMARD_2003
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.affine import identity_maps, warp
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class Scale(Augmentation):
    """Each image enlarged or reduced about its centre by a factor of its own; targets unchanged.

    Simard et al., Best Practices for Convolutional Neural Networks, 2003, §2. Bilinear; what lies outside a reduced
    image has the data set's mean colour, without a context the batch's own.

    strength: factors are uniform in [1 − strength, 1 + strength], the same for width and height.
    """

    name = "scale"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = replace(SIMARD_2003, why="A fifth keeps small objects in view; the paper states no factor.")

    strength: Annotated[float, Interval(ge=0, lt=1)] = 0.2

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Scale a batch."""
        factors = rng.uniform(1 - self.strength, 1 + self.strength, len(images))
        maps = identity_maps(len(images)) / factors[:, None, None]
        return warp(images, maps, mean_colour(images, context)), targets
