"""IPMix's patches: a part of each image combined with the same part of a picture; loads torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mixbench.augment.tools.blending import blend_weights, blended
from mixbench.augment.tools.draws import per_image

Images = Float[Tensor, "n c h w"]


def patched(images: Images, partners: Images, sides: Sequence[int], beta: float, rng: np.random.Generator) -> Images:
    """Combine a patch of each image with its partner's; same shape, values in [0, 1].

    By a way drawn for each image: PixMix's sum or product with weights of β, pixels or elements taken at random, with a
    rate of their own, from either. Huang et al., IPMix, 2023, §3.
    """
    n, channels, height, width = images.shape
    ways, rates = rng.integers(4, size=n), per_image(rng.random(n), images)
    a, b = (per_image(weights, images) for weights in blend_weights(beta, n, rng))
    draws = torch.from_numpy(rng.random((n, channels, height, width), dtype=np.float32)).to(images)
    way = torch.from_numpy(ways).to(images.device)[:, None, None, None]
    kept = torch.where(way == 2, draws[:, :1], draws) < rates
    combined = torch.where(way < 2, blended(images, partners, a, b, way == 0), torch.where(kept, images, partners))
    inside = torch.from_numpy(patch_masks(n, (height, width), sides, rng)).to(images.device)
    return torch.where(inside, combined, images)


def patch_masks(
    n: int, size: tuple[int, int], sides: Sequence[int], rng: np.random.Generator
) -> Bool[np.ndarray, "n 1 h w"]:
    """Draw the place of one patch an image.

    A square of one of the sides lies uniformly where it fits; of it stays, with the chance ½, all, or else a rectangle
    at its top left whose sides are uniform from 2 to the square's.
    """
    square = rng.choice(np.asarray(sides), n)
    tops, lefts = (rng.integers(length - square + 1) for length in size)
    whole = rng.random(n) < 0.5
    heights, widths = (np.where(whole, square, rng.integers(2, square + 1)) for _ in size)
    down, across = (
        _between(length, *span) for length, span in zip(size, ((tops, heights), (lefts, widths)), strict=True)
    )
    return (down[:, :, None] & across[:, None, :])[:, None]


def _between(length: int, starts: np.ndarray, lengths: np.ndarray) -> Bool[np.ndarray, "n length"]:
    places = np.arange(length)
    return (places >= starts[:, None]) & (places < (starts + lengths)[:, None])
