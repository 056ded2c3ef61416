"""PixMix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Gt, Le

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Count, Positive, method
from mixbench.augment.tools.blending import blend_weights, blended
from mixbench.augment.tools.draws import per_image
from mixbench.augment.tools.pictures import draw_pictures
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images, Targets


@method
class PixMix(Augmentation):
    """Each image combined up to k times, by sum or product, with a structured picture or a distorted self.

    Hendrycks et al., PixMix: Dreamlike Pictures Comprehensively Improve Safety Measures, 2022, §3 and Algorithm 1.
    Defaults are the paper's for CIFAR; for ImageNet it has `pixmix(beta=4,severity=1)`. The pictures are generated,
    1,024 of 9/8 of the image's side and cropped at random at every draw, where the paper's are downloaded (fractals
    and feature visualisations); values are clamped to [0, 1] after every round.

    k: the most rounds an image.
    beta: the larger it is, the less is mixed in; of Beta(β, 1) and Beta(1, β).
    severity: the highest level of the 13 distortions (`--all-ops` of the authors' code), of 10.
    pictures: fractals (Julia sets), or noise with a spectrum like that of natural images.
    """

    name = "pixmix"
    stage = Stage.IMAGE
    version = 2
    changes = (Change.PIXELS,)
    origin = Origin(
        title="PixMix: Dreamlike Pictures Comprehensively Improve Safety Measures",
        authors="Dan Hendrycks and Andy Zou and Mantas Mazeika and Leonard Tang and Bo Li and Dawn Song"
        " and Jacob Steinhardt",
        year=2022,
        link="https://arxiv.org/abs/2112.05135",
        venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)",
        details={"pages": "16783--16792"},
        repository="https://github.com/andyzoujm/pixmix",
        commit="f867e87, executed: sums and products differ by up to 2e-7",
        settings={"CIFAR": "pixmix", "ImageNet": "pixmix(beta=4,severity=1)"},
        why="The defaults are the authors' for CIFAR, with the 13 operations of their recipes.",
        departures=(
            "The pictures are 1,024 generated ones (Julia sets, or noise), where the authors' are downloaded fractals"
            " and feature visualisations; they are cropped at random at every draw, as theirs.",
            "Distortions are on float pixels; rotation and shear blend with black along the border.",
        ),
    )

    k: Count = 4
    beta: Positive = 3.0
    severity: Annotated[float, Gt(0.1), Le(10)] = 3.0
    pictures: Literal["fractal", "noise"] = "fractal"

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Combine a batch; targets are unchanged."""
        import torch

        drawn = draw_pictures(self.pictures, images, rng)
        rounds = rng.integers(self.k + 1, size=len(images))
        mixed = self._some_distorted(images, images, rng)
        for done in range(int(rounds.max())):
            going_on = torch.from_numpy(np.flatnonzero(rounds > done)).to(images.device)
            other = self._some_distorted(drawn[going_on], images[going_on], rng)
            a, b = (per_image(weights, images) for weights in blend_weights(self.beta, len(other), rng))
            added = per_image(rng.random(len(other)) < 0.5, images).bool()
            mixed[going_on] = blended(mixed[going_on], other, a, b, added)
        return mixed, targets

    def _some_distorted(self, base: Images, images: Images, rng: np.random.Generator) -> Images:
        """Return the base with half of it, at random, replaced by distorted images of the batch."""
        import torch

        from mixbench.augment.tools.distortions import THIRTEEN, distort

        chosen = torch.from_numpy(np.flatnonzero(rng.random(len(images)) < 0.5)).to(images.device)
        out = base.clone()
        out[chosen] = distort(images[chosen], self.severity, rng, THIRTEEN)
        return out
