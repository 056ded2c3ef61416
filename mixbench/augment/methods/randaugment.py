"""RandAugment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Count, method
from mixbench.augment.tools import scale
from mixbench.augment.tools.policy import BINS, NAMES, Ranges, with_sign
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets
    from mixbench.augment.tools.policy import Operation

RANGES = Ranges()


@method
class RandAugment(Augmentation):
    """Some operations, drawn for each image and all of one magnitude; targets unchanged.

    Cubuk et al., RandAugment: Practical Automated Data Augmentation with a Reduced Search Space, 2019, §3, with the 16
    operations, the scale of 10 and the grey fill of its authors' code, on 8-bit pixels, nearest neighbour. Translation
    and holes, which that code counts in pixels of images of 224, are shares of the side; contrast is about the image's
    mean grey, for which that code takes the number of pixels by 256.

    ops: how many operations an image.
    magnitude: of all of them, on a scale of 10 that may be exceeded; 5 to 30 are usual.
    space: the authors' operations and scale, or torchvision's, bit for bit: 14 operations with Identity, a scale of
        30, signed enhancements, black outside the image.
    """

    name = "randaugment"
    stage = Stage.IMAGE
    version = 2
    changes = (Change.PIXELS,)
    origin = Origin(
        title="RandAugment: Practical Automated Data Augmentation with a Reduced Search Space",
        authors="Ekin D. Cubuk and Barret Zoph and Jonathon Shlens and Quoc V. Le",
        year=2020,
        link="https://arxiv.org/abs/1909.13719",
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        details={"volume": "33", "pages": "18613--18624"},
        repository="https://github.com/tensorflow/tpu",
        commit="181b860, efficientnet/autoaugment.py, its arguments by definition and timm's: no difference",
        settings={"ImageNet": "randaugment", "torchvision's": "randaugment(space=torchvision)"},
        why="Two operations of magnitude 9 on the authors' scale of 10 are the paper's for ResNet-50 on ImageNet.",
        departures=(
            "Translation and holes, which the authors count in pixels of images of 224, are shares of the side.",
            "Contrast is about the image's mean grey, for which the authors' code takes the number of pixels by 256.",
        ),
    )

    ops: Count = 2
    magnitude: Annotated[int, Interval(ge=0, le=30)] = 9
    space: Literal["authors", "torchvision"] = "authors"

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Change a batch's pixels."""
        from mixbench.augment.tools.operations import run

        size = images.shape[2], images.shape[3]
        draw = self._as_authors if self.space == "authors" else self._as_torchvision
        steps = [[draw(size, rng) for _ in range(len(images))] for _ in range(self.ops)]
        return run(images, steps, scale.FILL if self.space == "authors" else None), targets

    def _as_authors(self, size: tuple[int, int], rng: np.random.Generator) -> Operation:
        name = scale.NAMES[int(rng.integers(len(scale.NAMES)))]
        return scale.draw(name, self.magnitude, size, rng)

    def _as_torchvision(self, size: tuple[int, int], rng: np.random.Generator) -> Operation:
        name = NAMES[int(rng.integers(len(NAMES)))]
        return with_sign(name, RANGES.magnitude(name, self.magnitude, BINS, size), rng)
