"""RandAugment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.protocol import Augmentation, Change, Context, Count, Stage, method
from mixbench.augment.tools.policy import BINS, NAMES, Ranges, with_sign

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets
    from mixbench.augment.tools.policy import Operation

RANGES = Ranges()


@method
class RandAugment(Augmentation):
    """Some operations, drawn for each image from 14 and all of one magnitude; targets unchanged.

    Cubuk et al., RandAugment: Practical Automated Data Augmentation with a Reduced Search Space, 2019, §3. Operations
    and ranges are torchvision's: on 8-bit pixels, nearest neighbour, black outside the image.

    ops: how many operations an image.
    magnitude: of all of them, on a scale from 0 to 30.
    """

    name = "randaugment"
    paper = "Cubuk et al., 2019, arXiv 1909.13719"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)

    ops: Count = 2
    magnitude: Annotated[int, Interval(ge=0, le=30)] = 9

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Change a batch's pixels."""
        from mixbench.augment.tools.operations import run

        size = images.shape[2], images.shape[3]
        steps = [[self._draw(size, rng) for _ in range(len(images))] for _ in range(self.ops)]
        return run(images, steps), targets

    def _draw(self, size: tuple[int, int], rng: np.random.Generator) -> Operation:
        name = NAMES[int(rng.integers(len(NAMES)))]
        return with_sign(name, RANGES.magnitude(name, self.magnitude, BINS, size), rng)
