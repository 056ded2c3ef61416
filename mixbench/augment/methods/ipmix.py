"""IPMix."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Interval, Len

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Count, NonNegative, Positive, Probability, method
from mixbench.augment.tools.consistency import jensen_shannon
from mixbench.augment.tools.draws import per_image
from mixbench.augment.tools.features import image_size
from mixbench.augment.tools.pictures import draw_pictures
from mixbench.augment.traits import Change, Claim, Stage
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class IPMix(Augmentation):
    """Mixtures of chains that change whole images or combine patches with a structured picture, and a consistency loss.

    Huang et al., IPMix: Label-Preserving Data Augmentation Method for Training Robust Classifiers, 2023, §3. A view is
    (1 − m)·x + m·Σ wᵢcᵢ with m ~ U(0, 1) and w ~ Dirichlet(1). Each of the k chains cᵢ is, by the throw of a coin, one
    of 0 to t operations on the whole image, or one of 0 to t patches combined with the view's picture. The criterion
    judges the clean image; it and two views of the same picture, in one batch, are compared by softmax. weight=0 trains
    on one view instead, in one pass.

    k: chains a view.
    t: the most operations or patches a chain.
    beta: the larger it is, the less sums and products mix in; of Beta(β, 1) and Beta(1, β).
    severity: upper bound of an operation's level, on a scale to 10.
    weight: of the Jensen-Shannon consistency loss.
    sides: of patches, in pixels; those that do not fit into the image are left out.
    self_partner: the chance that a patch is combined with the image's own, changed by an operation, and no picture.
    pictures: fractals (Julia sets), or noise with a spectrum like that of natural images.
    """

    name = "ipmix"
    origin = Origin(
        title="IPMix: Label-Preserving Data Augmentation Method for Training Robust Classifiers",
        authors="Zhenglin Huang and Xianan Bao and Na Zhang and Qingqi Zhang and Xiaomei Tu and Biao Wu and Xi Yang",
        year=2023,
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        link="https://arxiv.org/abs/2310.04780",
        repository="https://github.com/hzlsaber/IPMix",
        commit="050bcb6, patches by their definition: the same for the same draws, but for the clamp",
        settings={
            "CIFAR": "ipmix",
            "CIFAR, without consistency": "ipmix(weight=0)",
            "ImageNet": "ipmix(beta=4,severity=1,sides=[4,8,16,32,64,224],self_partner=0.5)",
        },
        why="The authors' script for CIFAR; their README calls its consistency loss instrumental.",
        departures=(
            "The pictures are 1,024 generated ones (Julia sets, or noise), where the authors' are downloaded.",
            "The authors convert every step to 8 bits, which wraps values beyond [0, 1], such as 1.1 to 0.094; here"
            " they are clamped and stay floats.",
            "Patches that do not fit are left out: of 8×8 pixels, sides of 16 and 32.",
        ),
    )
    stage = Stage.LOSS
    claims = frozenset({Claim.LOSS})
    changes = (Change.PIXELS, Change.LOSS)

    k: Count = 3
    t: Count = 3
    beta: Positive = 3.0
    severity: Annotated[float, Interval(ge=0.1, le=10)] = 3.0
    weight: NonNegative = 12.0
    sides: Annotated[tuple[Annotated[int, Ge(2)], ...], Len(1)] = (4, 8, 16, 32)
    self_partner: Probability = 0.0
    pictures: Literal["fractal", "noise"] = "fractal"

    @property
    def forward_passes(self) -> int:
        """Three with the consistency loss, one without."""
        return 3 if self.weight else 1

    def prepare(self, model: nn.Module) -> None:
        """Change nothing; MixBenchError where no patch fits into the images."""
        _, height, width = image_size(model)
        if min(self.sides) > min(height, width):
            raise MixBenchError(
                f"ipmix: needed a patch that fits images of {height}x{width} pixels, got sides={list(self.sides)};"
                f" add a side of at most {min(height, width)}"
            )

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the criterion on the clean images plus the weighted consistency, or with weight=0 that on a view."""
        import torch

        # Autocast would round the resampling grids to half precision.
        with torch.autocast(images.device.type, enabled=False):
            partners = draw_pictures(self.pictures, images, rng)
            views = [self.view(images, partners, rng) for _ in range(2 if self.weight else 1)]
        if not self.weight:
            return criterion(model(views[0]), targets)
        logits = model(torch.cat([images, *views])).chunk(3)
        return criterion(logits[0], targets) + self.weight * jensen_shannon(logits)

    def view(self, images: Images, partners: Images, rng: np.random.Generator) -> Images:
        """Return a mixture of each image with its chains; `partners` are one picture an image, same shape."""
        weights = rng.dirichlet([1.0] * self.k, len(images))
        share = per_image(rng.random(len(images)), images)
        mixture = images * 0
        for chain in range(self.k):
            mixture = mixture + per_image(weights[:, chain], images) * self._chain(images, partners, rng)
        return ((1 - share) * images + share * mixture).clamp(0, 1)

    def _chain(self, images: Images, partners: Images, rng: np.random.Generator) -> Images:
        from mixbench.augment.tools.distortions import TEN, distort

        lengths = rng.integers(self.t + 1, size=len(images))
        by_image = rng.random(len(images)) < 0.5
        changed = images
        for step in range(self.t):
            changed = distort(changed, self.severity, rng, TEN, by_image & (step < lengths))
            changed = self._patched(changed, images, partners, ~by_image & (step < lengths), rng)
        return changed

    def _patched(
        self, changed: Images, images: Images, partners: Images, chosen: np.ndarray, rng: np.random.Generator
    ) -> Images:
        """Return the batch with a patch in each of the chosen images combined with its partner's."""
        import torch

        from mixbench.augment.tools.distortions import TEN, distort
        from mixbench.augment.tools.patches import patched

        if not chosen.any():
            return changed
        if self.self_partner:
            own = distort(images, self.severity, rng, TEN)
            partners = torch.where(per_image(rng.random(len(images)) < self.self_partner, images).bool(), own, partners)
        rows = torch.from_numpy(np.flatnonzero(chosen)).to(images.device)
        fitting = [side for side in self.sides if side <= min(images.shape[2:])]
        out = changed.clone()
        out[rows] = patched(changed[rows], partners[rows], fitting, self.beta, rng)
        return out
