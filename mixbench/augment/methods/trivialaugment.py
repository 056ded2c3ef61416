"""TrivialAugment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.protocol import Augmentation, Change, Context, Stage, method
from mixbench.augment.tools.policy import BINS, NAMES, Ranges, with_sign

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets
    from mixbench.augment.tools.policy import Operation

WIDE = Ranges(shear=0.99, translate=32.0, degrees=135.0, enhance=0.99, bits=6)


@method
class TrivialAugment(Augmentation):
    """One operation an image, drawn from 14, of a magnitude drawn with it; targets unchanged.

    Müller and Hutter, TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation, 2021, §3 and the wide space
    of §4. Operations are torchvision's: on 8-bit pixels, nearest neighbour, black outside the image. Translation goes
    up to 32 pixels whatever the image's size, so it can empty a small image.
    """

    name = "trivialaugment"
    paper = "Müller and Hutter, 2021, arXiv 2103.10158"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Change a batch's pixels."""
        from mixbench.augment.tools.operations import run

        size = images.shape[2], images.shape[3]
        return run(images, [[_draw(size, rng) for _ in range(len(images))]]), targets


def _draw(size: tuple[int, int], rng: np.random.Generator) -> Operation:
    name = NAMES[int(rng.integers(len(NAMES)))]
    return with_sign(name, WIDE.magnitude(name, int(rng.integers(BINS)), BINS, size), rng)
