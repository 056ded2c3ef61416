"""AutoAugment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.protocol import Augmentation, Change, Context, Stage, method
from mixbench.augment.tools.policy import Ranges, with_sign

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
    are torchvision's: on 8-bit pixels, nearest neighbour, black outside the image.
    """

    name = "autoaugment"
    paper = "Cubuk et al., 2018, arXiv 1805.09501"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)

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
