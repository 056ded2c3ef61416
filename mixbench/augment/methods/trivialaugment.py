"""TrivialAugment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.policy import BINS, NAMES, Ranges, with_sign
from mixbench.augment.traits import Change, Stage

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
    up to 32 pixels whatever the image's size, so it can empty a small image. The
    authors recommend torchvision's; their own code rounds down where it rounds, and cuts a hole of Cutout last.
    """

    name = "trivialaugment"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = Origin(
        title="TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation",
        authors="Samuel G. Müller and Frank Hutter",
        year=2021,
        link="https://arxiv.org/abs/2103.10158",
        venue="IEEE/CVF International Conference on Computer Vision (ICCV)",
        details={"pages": "774--782"},
        repository="https://github.com/automl/trivialaugment",
        commit="e6545d8, executed; equal to torchvision, which the authors recommend, bit for bit",
        settings={"CIFAR": "trivialaugment+cutout", "ImageNet": "trivialaugment"},
        why="There is nothing to set: the wide space is the paper's.",
        departures=(
            "torchvision rounds where the authors' code rounds down: posterising differs on 12 of 31 levels; solarising"
            " at level 0 inverts pure white.",
        ),
    )

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
