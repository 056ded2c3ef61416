"""Random crops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge, Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.affine import identity_maps, warp
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class Crop(Augmentation):
    """A part of each image, drawn for it alone, enlarged to the whole; targets unchanged.

    Szegedy et al., Going Deeper with Convolutions, 2015, §6. Not the suite's base crop, which pads and shifts. The
    part lies inside the image, at fractions of pixels, and is enlarged bilinearly.

    area: the part's share of the image is uniform in [area, 1] (the paper's 0.08 is meant for large photographs).
    aspect: width to height, against the image's, is log-uniform in [1/aspect, aspect].
    """

    name = "crop"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = Origin(
        title="Going Deeper with Convolutions",
        authors=(
            "Christian Szegedy and Wei Liu and Yangqing Jia and Pierre Sermanet and Scott Reed and Dragomir "
            "Anguelov and Dumitru Erhan and Vincent Vanhoucke and Andrew Rabinovich"
        ),
        year=2015,
        link="https://arxiv.org/abs/1409.4842",
        venue="IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
        details={"pages": "1--9"},
        no_repository="the paper came without training code",
        settings={"ImageNet": "crop(area=0.08)"},
        why="Half of the area at least, since the paper's 0.08 is meant for large photographs.",
        departures=("The part lies at fractions of pixels; aspect ratios are drawn on a logarithmic scale.",),
    )

    area: Annotated[float, Interval(gt=0, le=1)] = 0.5
    aspect: Annotated[float, Ge(1)] = 4 / 3

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Crop a batch."""
        sides = np.array(images.shape[:1:-1])
        share = rng.uniform(self.area, 1, (len(images), 1))
        ratio = np.exp(rng.uniform(-1, 1, (len(images), 1)) * np.log(self.aspect))
        part = np.minimum(np.sqrt(share * np.hstack([ratio, 1 / ratio])), 1)
        centre = (rng.random(part.shape) - 0.5) * (1 - part) * sides
        maps = identity_maps(len(images)) * part[:, :, None]
        maps[:, :, 2] = centre
        return warp(images, maps, None), targets
