"""CutMix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Positive, Probability, method
from mixbench.augment.tools.boxes import clipped_box
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import taken
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class CutMix(Augmentation):
    """A box of a partner pasted into each image; targets by the pixels really pasted, after clipping.

    Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers, 2019, §3.1 and Algorithm A1. The box is
    that of the authors' code and torchvision: sides of 2·(part // 2) pixels, so that an odd part loses one.

    alpha: of Beta(α, α), which draws the share that is kept, one box a batch.
    probability: with which a batch is mixed; 0.5 in the paper's CIFAR runs, 1 on ImageNet.
    """

    name = "cutmix"
    stage = Stage.MIX
    version = 2
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)
    origin = Origin(
        title="CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features",
        authors="Sangdoo Yun and Dongyoon Han and Seong Joon Oh and Sanghyuk Chun and Junsuk Choe and Youngjoon Yoo",
        year=2019,
        link="https://arxiv.org/abs/1905.04899",
        venue="IEEE/CVF International Conference on Computer Vision (ICCV)",
        details={"pages": "6023--6032"},
        repository="https://github.com/clovaai/CutMix-PyTorch",
        commit="2d8eb68, box by its definition: the same for the same draws",
        settings={"CIFAR": "cutmix(probability=0.5)", "ImageNet": "cutmix"},
        why="α 1 is the authors' everywhere; probability 1 is theirs for ImageNet, one default for every suite.",
    )

    alpha: Positive = 1.0
    probability: Probability = 1.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch."""
        if rng.random() >= self.probability:
            return images, targets
        height, width = images.shape[2:]
        cut = (1 - rng.beta(self.alpha, self.alpha)) ** 0.5
        top, bottom, left, right = clipped_box((height, width), cut, rng)
        order = permutation(len(images), rng)
        mixed = images.clone()
        mixed[:, :, top:bottom, left:right] = taken(images[:, :, top:bottom, left:right], order)
        kept = 1 - (bottom - top) * (right - left) / (height * width)
        return mixed, taken(targets, order).lerp_(targets, kept)
