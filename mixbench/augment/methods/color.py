"""Colour changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Probability, method
from mixbench.augment.tools.draws import per_image
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from mixbench.augment.protocol import Images, Targets

LUMA = (0.2989, 0.587, 0.114)


@method
class Color(Augmentation):
    """Brightness, contrast and saturation changed by factors drawn for each image; targets unchanged.

    Howard, Some Improvements on Deep Convolutional Neural Network Based Image Classification, 2013, §2. In that
    order, clamped to [0, 1] after each; grey images have no saturation to change.

    brightness, contrast, saturation: factors are uniform in [1 − value, 1 + value].
    """

    name = "color"
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)
    origin = Origin(
        title="Some Improvements on Deep Convolutional Neural Network Based Image Classification",
        authors="Andrew G. Howard",
        year=2013,
        link="https://arxiv.org/abs/1312.5402",
        no_repository="the paper came without code",
        settings={"ImageNet": "color(brightness=0.5,contrast=0.5,saturation=0.5)"},
        why="0.4 is what training recipes since then mostly use; the paper's factors lie between 0.5 and 1.5.",
        departures=("Brightness, contrast and saturation change in this order; the paper draws the order.",),
    )

    brightness: Probability = 0.4
    contrast: Probability = 0.4
    saturation: Probability = 0.4

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Change a batch's colours."""
        strengths = (self.brightness, self.contrast, self.saturation)
        factors = [per_image(rng.uniform(1 - value, 1 + value, len(images)), images) for value in strengths]
        images = (images * factors[0]).clamp(0, 1)
        images = _blend(images, _grey(images).mean(dim=(1, 2, 3), keepdim=True), factors[1])
        return _blend(images, _grey(images), factors[2]), targets


def _blend(images: Images, other: Tensor, factors: Tensor) -> Images:
    return (images * factors + other * (1 - factors)).clamp(0, 1)


def _grey(images: Images) -> Images:
    """The images' brightness as one channel: luma for three channels, else their mean."""
    if images.shape[1] != len(LUMA):
        return images.mean(dim=1, keepdim=True)
    return (images * images.new_tensor(LUMA).reshape(1, -1, 1, 1)).sum(dim=1, keepdim=True)
