"""Label smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, Probability, method
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets


@method
class LabelSmoothing(Augmentation):
    """Targets moved towards the uniform distribution: y(1 − ε) + ε/K.

    Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2016, §7.
    """

    name = "label_smoothing"
    stage = Stage.TARGET
    kinds = ANY_KIND
    changes = (Change.TARGETS,)
    origin = Origin(
        title="Rethinking the Inception Architecture for Computer Vision",
        authors="Christian Szegedy and Vincent Vanhoucke and Sergey Ioffe and Jonathon Shlens and Zbigniew Wojna",
        year=2016,
        link="https://arxiv.org/abs/1512.00567",
        venue="IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
        details={"pages": "2818--2826"},
        no_repository="the paper came without code; its formula is one line",
        settings={"ImageNet": "label_smoothing"},
        why="ε 0.1 is the paper's.",
    )

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
