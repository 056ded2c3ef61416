"""ResizeMix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Gt, Le

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, method
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import taken
from mixbench.augment.traits import Change, Claim, Stage
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class ResizeMix(Augmentation):
    """A whole partner, scaled down, pasted into each image; targets by the area really pasted.

    Qin et al., ResizeMix: Mixing Data with Preserved Object Information and True Labels, 2020, §3.2.
    Scale and place are drawn once a batch; the patch lies wholly inside; the resizing is bilinear with antialiasing.
    The authors' code draws the place for each image and takes the nearest pixels; OpenMixup clips the patch at the
    border, so that its mean share is 0.16 where ours is 0.24 at 32 pixels.

    scale_min, scale_max: the patch's side as a share of the image's, uniform between the two.
    """

    name = "resizemix"
    stage = Stage.MIX
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)
    origin = Origin(
        title="ResizeMix: Mixing Data with Preserved Object Information and True Labels",
        authors="Jie Qin and Jiemin Fang and Qian Zhang and Wenyu Liu and Xingang Wang and Xinggang Wang",
        year=2020,
        link="https://arxiv.org/abs/2012.11101",
        repository="https://github.com/JayQine/ResizeMix",
        commit="45441ff, read only",
        settings={"CIFAR, ImageNet": "resizemix"},
        why="The range of scales is the paper's.",
        departures=(
            "One place a batch, uniform over those where the patch fits; the authors draw a centre for each image,"
            " uniform over its pixels, and push the patch inside, so that it lies at the border more often.",
            "The patch is scaled bilinearly with antialiasing and its side rounded; theirs takes the nearest pixels and"
            " rounds down.",
            "OpenMixup (37e1372) clips the patch at the border: its mean share at 32 pixels is 0.16, ours 0.24.",
        ),
    )

    scale_min: Annotated[float, Gt(0), Le(1)] = 0.1
    scale_max: Annotated[float, Gt(0), Le(1)] = 0.8

    def __post_init__(self) -> None:
        """Refuse an empty range of scales with MixBenchError."""
        if self.scale_min > self.scale_max:
            raise MixBenchError(
                f"resizemix: needed scale_min <= scale_max, got {self.scale_min:g} and {self.scale_max:g}; swap them"
            )

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch."""
        from torch.nn.functional import interpolate

        sides = images.shape[2:]
        scale = rng.uniform(self.scale_min, self.scale_max)
        height, width = (max(1, round(side * scale)) for side in sides)
        top, left = int(rng.integers(sides[0] - height + 1)), int(rng.integers(sides[1] - width + 1))
        order = permutation(len(images), rng)
        patches = interpolate(images, (height, width), mode="bilinear", antialias=True)
        mixed = images.clone()
        mixed[:, :, top : top + height, left : left + width] = taken(patches, order).clamp_(0, 1)
        pasted = height * width / (sides[0] * sides[1])
        return mixed, targets * (1 - pasted) + targets[order] * pasted
