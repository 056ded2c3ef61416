"""Sheared images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval

from mixbench.augment.origins import SIMARD_2003
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.affine import shears, warp
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Shear(Augmentation):
    """Each image sheared about its centre, along rows or columns, by an angle of its own; targets unchanged.

    Simard et al., Best Practices for Convolutional Neural Networks, 2003, §2. Bilinear; the corners that come into
    view have the data set's mean colour, without a context the batch's own.

    degrees: angles are uniform in [−degrees, degrees]; rows and columns have the same chance.
    """

    name = "shear"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = replace(SIMARD_2003, why="15° keeps digits and small objects what they are; the paper states no angle.")

    degrees: Annotated[float, Interval(ge=0, lt=90)] = 15.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Shear a batch."""
        slopes = np.tan(np.radians(rng.uniform(-self.degrees, self.degrees, len(images))))
        along = rng.integers(2, size=len(images))
        return warp(images, shears(slopes, along), mean_colour(images, context)), targets
