"""Label smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.protocol import Augmentation, Change, Context, Probability, Stage, method

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class LabelSmoothing(Augmentation):
    """Targets moved towards the uniform distribution: y(1 − ε) + ε/K.

    Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2016, §7.
    """

    name = "label_smoothing"
    paper = "Szegedy et al., 2016, arXiv 1512.00567"
    stage = Stage.TARGET
    changes = (Change.TARGETS,)

    epsilon: Probability = 0.1

    @property
    def dense_targets(self) -> bool:
        """Wherever anything is smoothed."""
        return self.epsilon > 0

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Smooth a batch's targets."""
        return images, targets * (1 - self.epsilon) + self.epsilon / targets.shape[1]
