"""FMix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, NonNegative, Positive, method
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import pasted, taken
from mixbench.augment.tools.spectrum import smooth_noise
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class FMix(Augmentation):
    """Each image keeps a random region of low-frequency shape and gets the rest from a partner; targets by its area.

    Harris et al., FMix: Enhancing Mixed Sample Data Augmentation, 2020, §4 and Algorithm 1; one mask a batch.
    Its fields are the paper's: the authors' code pairs real and imaginary parts along the wrong axis, so that theirs
    have one harmonic along the width. λ in the target is the mask's mean.

    alpha: of Beta(α, α), which draws the share that is kept.
    decay: the power of the frequency by which the spectrum of the mask's field decays.
    """

    name = "fmix"
    stage = Stage.MIX
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS)
    origin = Origin(
        title="FMix: Enhancing Mixed Sample Data Augmentation",
        authors="Ethan Harris and Antonia Marcu and Matthew Painter and Mahesan Niranjan and Adam Prügel-Bennett"
        " and Jonathon Hare",
        year=2020,
        link="https://arxiv.org/abs/2002.12047",
        repository="https://github.com/ecs-vlc/FMix",
        commit="e5991dc, executed: λ 0.5, 32 pixels, 4.1 regions a mask, theirs 4.4",
        settings={"CIFAR, ImageNet": "fmix"},
        why="α 1 and decay 3 are the authors'.",
        departures=(
            "Fields are the paper's; the authors' code pairs real and imaginary parts along the wrong axis, so that its"
            " fields have one harmonic along the width (power from the second on 0.0000, ours 0.024; edges along the"
            " height 48, ours 41, along the width 57, ours 60). OpenMixup copies it.",
            "λ in the target is the mask's mean, which λ is rounded to.",
        ),
    )

    alpha: Positive = 1.0
    decay: NonNegative = 3.0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch; the target's share is the mask's mean, which λ is rounded to."""
        import torch

        share = float(rng.beta(self.alpha, self.alpha))
        mask = draw_mask(share, (images.shape[2], images.shape[3]), self.decay, rng)
        order = permutation(len(images), rng)
        kept = float(mask.mean())
        mixed = pasted(taken(images, order), torch.from_numpy(mask).to(images.device), images)
        return mixed, targets * kept + targets[order] * (1 - kept)


def draw_mask(share: float, side: tuple[int, int], decay: float, rng: np.random.Generator) -> np.ndarray:
    """Return a mask (H, W) that marks the highest pixels of a smooth field, a share of all, rounded up or down."""
    field = smooth_noise(1, side, decay, rng).ravel()
    count = int(np.ceil(share * field.size) if rng.random() < 0.5 else np.floor(share * field.size))
    mask = np.zeros(field.size, dtype=bool)
    mask[np.argsort(field)[field.size - count :]] = True
    return mask.reshape(side)
