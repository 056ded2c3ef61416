"""SaliencyMix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.protocol import Augmentation, Change, Claim, Context, Positive, Probability, Stage, method
from mixbench.augment.tools.boxes import around
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import pasted, taken
from mixbench.augment.tools.saliency import saliency

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool
    from torch import Tensor

    from mixbench.augment.protocol import Images, Targets


@method
class SaliencyMix(Augmentation):
    """A box around a partner's most salient pixel, pasted at the same place; targets by the pixels really pasted.

    Uddin et al., SaliencyMix: A Saliency Guided Data Augmentation Strategy for Better Regularization, 2021, §3. The
    box follows each partner's own saliency; the authors' code takes one partner's box for the whole batch.

    alpha: of Beta(α, α), which draws the share that is kept, one box size a batch.
    probability: with which a batch is mixed; 0.5 in the paper's CIFAR runs.
    """

    name = "saliencymix"
    paper = "Uddin et al., 2021, arXiv 2006.01791"
    stage = Stage.MIX
    version = 2
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)

    alpha: Positive = 1.0
    probability: Probability = 1.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch."""
        if rng.random() >= self.probability:
            return images, targets
        cut = (1 - rng.beta(self.alpha, self.alpha)) ** 0.5
        order = permutation(len(images), rng)
        others = taken(images, order)
        box = _box_at_peak(saliency(others), cut)
        share = box.to(targets.dtype).mean(dim=(1, 2))[:, None]
        return pasted(images, box[:, None], others), targets.lerp(taken(targets, order), share)


def _box_at_peak(maps: Tensor, cut: float) -> Bool[Tensor, "n h w"]:
    """Return the mask of a box of `cut` times each side around each map's maximum, clipped at the border."""
    import torch

    height, width = maps.shape[1:]
    peaks = maps.flatten(1).argmax(dim=1)
    spans = []
    for side, peak in ((height, peaks // width), (width, peaks % width)):
        start, end = around(peak[:, None], int(side * cut))
        places = torch.arange(side, device=maps.device)
        spans.append((places >= start) & (places < end))
    return spans[0][:, :, None] & spans[1][:, None, :]
