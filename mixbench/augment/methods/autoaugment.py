"""AutoAugment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.policy import Ranges, with_sign
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets
    from mixbench.augment.tools.policy import Operation

    SubPolicy = tuple[tuple[str, float, int | None], ...]

BINS = 10
RANGES = Ranges()


@method
class AutoAugment(Augmentation):
    """One of the 25 pairs of operations that were found for CIFAR-10, drawn for each image; targets unchanged.

    Cubuk et al., AutoAugment: Learning Augmentation Policies from Data, 2018, Table 7. Policy, operations and ranges
    are torchvision's: on 8-bit pixels, nearest neighbour, black outside the image; the authors' CIFAR code has 95 pairs
    on a scale of 10, fills with the mean colour and acts before crop and flip. Their pipeline ends in Cutout:
    `autoaugment+cutout`.
    """

    name = "autoaugment"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = Origin(
        title="AutoAugment: Learning Augmentation Strategies from Data",
        authors="Ekin D. Cubuk and Barret Zoph and Dandelion Mané and Vijay Vasudevan and Quoc V. Le",
        year=2019,
        link="https://arxiv.org/abs/1805.09501",
        venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
        details={"pages": "113--123"},
        repository="https://github.com/tensorflow/models",
        commit="245f66d, research/autoaugment, read only; equal to torchvision bit for bit",
        settings={"CIFAR, the paper's pipeline": "autoaugment+cutout"},
        why="torchvision's policy is what is used and compared today.",
        departures=(
            "25 pairs of operations, the paper's Table 7, as torchvision has them; the authors' CIFAR code has 95.",
            "torchvision's ranges on a scale of 0 to 9, where the authors' is 10: translation 9 of 32 pixels is 14,"
            " theirs 9; rotation 2 is 6.7°, theirs 6°; brightness 7 is 1 ± 0.7, theirs 1.36; sharpness 1 is 1 ± 0.1,"
            " theirs 0.28; posterising 7 keeps 5 bits, theirs 2; solarising 5 starts at 113, theirs at 128.",
            "What is left empty is black, theirs the mean colour.",
            "The policy comes after crop and flip; theirs before them, then Cutout of 16 pixels.",
        ),
    )

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Change a batch's pixels."""
        from torchvision.transforms import AutoAugment as Library
        from torchvision.transforms import AutoAugmentPolicy

        from mixbench.augment.tools.operations import run

        policies = Library(AutoAugmentPolicy.CIFAR10).policies
        size = images.shape[2], images.shape[3]
        pairs = [_draw(policies[int(rng.integers(len(policies)))], size, rng) for _ in range(len(images))]
        return run(images, list(zip(*pairs, strict=True))), targets


def _draw(pair: SubPolicy, size: tuple[int, int], rng: np.random.Generator) -> list[Operation]:
    """Draw for each operation of a pair whether it is applied, and its sign."""
    drawn: list[Operation] = []
    for name, probability, place in pair:
        applied = rng.random() < probability
        operation = with_sign(name, RANGES.magnitude(name, place or 0, BINS, size), rng)
        drawn.append(operation if applied else ("Identity", 0.0))
    return drawn
