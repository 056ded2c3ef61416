"""GridMask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Gt, Interval, Le

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Probability, method
from mixbench.augment.tools.fill import mean_colour
from mixbench.augment.tools.paste import pasted
from mixbench.augment.traits import Change, Stage
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from mixbench.augment.protocol import Images, Targets


@method
class GridMask(Augmentation):
    """A rotated grid of square holes, filled with the mean colour, in each image with a probability.

    Chen et al., GridMask Data Augmentation, 2020, §3; defaults are those of its ImageNet runs. The kept
    part is int(period·ratio + 0.5), as in the paper and the authors' first form; their code of today rounds up, which
    erases less of small images. The longest period may be drawn, which theirs leaves out.

    p: probability with which an image is masked, reached after the share `ramp` of the epochs, linearly from 0.
    unit_min, unit_max: the grid's period as a share of the shorter side, uniform between the two.
    ratio: the share of a period that is kept along each axis; holes cover (1 − ratio)² of the image.
    rotate: the largest angle in degrees.
    ramp: share of the epochs over which the probability grows; 0 for none. Without a context it is full at once.
    """

    name = "gridmask"
    stage = Stage.ERASE
    changes = (Change.PIXELS, Change.SCHEDULE)
    origin = Origin(
        title="GridMask Data Augmentation",
        authors="Pengguang Chen and Shu Liu and Hengshuang Zhao and Xingquan Wang and Jiaya Jia",
        year=2020,
        link="https://arxiv.org/abs/2001.04086",
        repository="https://github.com/dvlab-research/GridMask",
        commit="50b9c8b, its first form, executed: the same holes for the same draws",
        settings={"ImageNet": "gridmask"},
        why="The defaults are the authors' for ImageNet.",
        departures=(
            "The kept part is int(period·ratio + 0.5), as in the authors' first form and the paper; since 267ee6a their"
            " code rounds up: erased at 224, 32, 28 and 8 pixels 0.158, 0.146, 0.143, 0.103, where ours and their"
            " first form have 0.160 to 0.163.",
            "The longest period may be drawn; theirs stops one pixel before it.",
        ),
    )

    p: Probability = 0.8
    unit_min: Annotated[float, Gt(0), Le(1)] = 0.43
    unit_max: Annotated[float, Gt(0), Le(1)] = 1.0
    ratio: Annotated[float, Interval(gt=0, lt=1)] = 0.6
    rotate: Annotated[float, Interval(ge=0, le=360)] = 360.0
    ramp: Probability = 0.8

    def __post_init__(self) -> None:
        """Refuse an empty range of periods with MixBenchError."""
        if self.unit_min > self.unit_max:
            raise MixBenchError(
                f"gridmask: needed unit_min <= unit_max, got {self.unit_min:g} and {self.unit_max:g}; swap them"
            )

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mask a batch; without a context the fill is the batch's own mean colour."""
        n, shorter = len(images), min(images.shape[2:])
        masked = rng.random(n) < self.probability_in(context)
        low, high = (max(2, round(share * shorter)) for share in (self.unit_min, self.unit_max))
        periods = rng.integers(low, high + 1, n)
        kept = np.where(masked, (periods * self.ratio + 0.5).astype(int), periods)
        offsets = rng.integers(periods[:, None], size=(n, 2))
        angles = np.deg2rad(rng.uniform(0, self.rotate, n))
        holes = _holes(images, periods, kept, offsets, angles)
        return pasted(images, holes, mean_colour(images, context)), targets

    def probability_in(self, context: Context | None) -> float:
        """Return the probability of the context's epoch."""
        if context is None or self.ramp == 0:
            return self.p
        return self.p * min(1.0, context.epoch / (self.ramp * context.epochs))


def _holes(
    images: Images, periods: np.ndarray, kept: np.ndarray, offsets: np.ndarray, angles: np.ndarray
) -> Bool[Tensor, "n 1 h w"]:
    """Mark the pixels that lie, in the rotated grid, beyond the kept part of a period along both axes."""
    import torch

    draws = np.column_stack([periods, kept, offsets, np.cos(angles), np.sin(angles)]).astype(np.float32)
    period, keep, top, left, cosine, sine = torch.from_numpy(draws.T[:, :, None, None]).to(images.device)
    rows, columns = (torch.arange(side, device=images.device) - (side - 1) / 2 for side in images.shape[2:])
    rows, columns = rows[:, None], columns[None, :]
    across = cosine * columns + sine * rows + (images.shape[3] - 1) / 2
    down = cosine * rows - sine * columns + (images.shape[2] - 1) / 2
    beyond = ((place.round() - start).remainder(period) >= keep for place, start in ((down, top), (across, left)))
    return torch.logical_and(*beyond)[:, None]
