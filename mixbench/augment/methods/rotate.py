"""Rotated images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Change, Context, Stage, method
from mixbench.augment.tools.affine import rotations, warp
from mixbench.augment.tools.fill import mean_colour

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
    origin = Origin(
        title="Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis",
        authors="Patrice Y. Simard and Dave Steinkraus and John C. Platt",
        year=2003,
        link="https://doi.org/10.1109/ICDAR.2003.1227801",
        venue="International Conference on Document Analysis and Recognition (ICDAR)",
        details={"pages": "958--963"},
        no_repository="a basic transform; the paper has no code",
        why="15° keeps digits and small objects what they are; the paper states no angle.",
    )

    degrees: Annotated[float, Interval(ge=0, le=180)] = 15.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Rotate a batch."""
        angles = rng.uniform(-self.degrees, self.degrees, len(images))
        return warp(images, rotations(np.radians(angles)), mean_colour(images, context)), targets
