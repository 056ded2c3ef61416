"""AugMix."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Count, NonNegative, Positive, method
from mixbench.augment.tools.consistency import jensen_shannon
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class AugMix(Augmentation):
    """Mixtures of augmented versions of each image, and a loss that asks for the same prediction on all of them.

    Hendrycks et al., AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty, 2020, §3 and
    Algorithm 1. The criterion judges the clean view alone; the consistency compares predictions (by softmax) with each
    other and never with a target, so soft targets and mixed images are as well defined as hard ones: with '+' the
    views are made of what the image and mix stages leave. The three views go through the model as one batch.
    Operations are on float pixels, bilinear, black outside the image; rotation and shear blend with it along the rim,
    which is about 5 grey levels darker than PIL's. On ImageNet the authors have severity 1.

    width: chains of operations a view.
    severity: upper bound of an operation's level, on a scale to 10.
    alpha: of the Dirichlet that weighs the chains and of the Beta that weighs them against the image.
    weight: of the Jensen-Shannon consistency loss.
    """

    name = "augmix"
    stage = Stage.LOSS
    claims = frozenset({Claim.LOSS})
    changes = (Change.PIXELS, Change.LOSS)
    origin = Origin(
        title="AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty",
        authors="Dan Hendrycks and Norman Mu and Ekin D. Cubuk and Barret Zoph and Justin Gilmer"
        " and Balaji Lakshminarayanan",
        year=2020,
        link="https://arxiv.org/abs/1912.02781",
        venue="International Conference on Learning Representations (ICLR)",
        repository="https://github.com/google-research/augmix",
        commit="9b9824c, executed: operations equal PIL's but at the rim; the consistency is equal (0.719272)",
        settings={"CIFAR": "augmix", "ImageNet": "augmix(severity=1)"},
        why="The defaults are the authors' for CIFAR.",
        departures=(
            "Rotation and shear blend with black along the rim, which is 4.5 to 5.4 grey levels darker than PIL's.",
        ),
    )

    width: Count = 3
    severity: Annotated[float, Interval(ge=0.1, le=10)] = 3.0
    alpha: Positive = 1.0
    weight: NonNegative = 12.0

    @property
    def forward_passes(self) -> int:
        """Three: the clean view and two mixtures."""
        return 3

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the criterion on the clean view plus the weighted consistency of the three views."""
        import torch

        # Autocast would round the resampling grids to half precision, a good part of a pixel on large images.
        with torch.autocast(images.device.type, enabled=False):
            views = torch.cat([images, self.view(images, rng), self.view(images, rng)])
        logits = model(views).chunk(3)
        return criterion(logits[0], targets) + self.weight * jensen_shannon(logits)

    def view(self, images: Images, rng: np.random.Generator) -> Images:
        """Return a mixture of each image with its chains, same shape."""
        from mixbench.augment.tools.chains import augmix_view

        return augmix_view(images, rng, width=self.width, severity=self.severity, alpha=self.alpha)
