"""Rotated images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval

from mixbench.augment.origins import SIMARD_2003
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.affine import rotations, warp
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Rotate(Augmentation):
    """Each image turned about its centre by an angle of its own; targets unchanged.

    Simard et al., Best Practices for Convolutional Neural Networks, 2003, §2. Bilinear; the corners that come into
    view have the data set's mean colour, without a context the batch's own.

    degrees: angles are uniform in [−degrees, degrees].
    """

    name = "rotate"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = replace(SIMARD_2003, why="15° keeps digits and small objects what they are; the paper states no angle.")

    degrees: Annotated[float, Interval(ge=0, le=180)] = 15.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Rotate a batch."""
        angles = rng.uniform(-self.degrees, self.degrees, len(images))
        return warp(images, rotations(np.radians(angles)), mean_colour(images, context)), targets
