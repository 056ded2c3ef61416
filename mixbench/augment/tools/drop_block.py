"""Square blocks of a feature map dropped with an expected share that is exact; needs torch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, pad


class DropBlock(nn.Module):
    """Blocks of feature maps (N, C, H, W) set to zero in training, the rest scaled by what was kept of the batch.

    Ghiasi et al., DropBlock, 2018, Algorithm 1. Only blocks that fit are drawn, each place by itself, with the chance
    that makes the expected share of zeros `rate`; a block is never larger than the map. `shared` is one mask for all
    channels.
    """

    def __init__(self, rate: float, block: int, shared: bool) -> None:
        super().__init__()
        self.rate, self.block, self.shared = rate, block, shared

    def forward(self, maps: Tensor) -> Tensor:
        """Drop by draws from torch's global generator of the maps' device."""
        if not self.training:
            return maps
        images, channels, *sides = maps.shape
        height, width = (min(self.block, side) for side in sides)
        places = (sides[0] - height + 1, sides[1] - width + 1)
        chance = block_chance(tuple(sides), self.block, self.rate)
        drawn = torch.rand(images, 1 if self.shared else channels, *places, device=maps.device) < chance
        rim = (width - 1, width - 1, height - 1, height - 1)
        kept = 1 - max_pool2d(pad(drawn.float(), rim), (height, width), stride=1)
        return maps * (kept * (kept.numel() / kept.sum().clamp_min(1))).to(maps.dtype)

    def extra_repr(self) -> str:
        """Show what is dropped in the model's print."""
        return f"rate={self.rate:g}, block={self.block}, shared={self.shared}"


@lru_cache(maxsize=64)
def block_chance(sides: tuple[int, ...], block: int, rate: float) -> float:
    """Return the chance of a block at each place where it fits, such that a pixel is dropped with `rate` on average.

    A pixel that n places cover stays with (1 − chance)ⁿ; the mean over pixels grows with the chance, so it is halved
    in on to the last bit.
    """
    rows, columns = (_covering(side, min(block, side)) for side in sides)
    covering = np.outer(rows, columns)
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 - (1 - middle) ** covering).mean() < rate else (low, middle)
    return (low + high) / 2


def _covering(side: int, block: int) -> np.ndarray:
    """Count the blocks that cover each place of a side."""
    return np.convolve(np.ones(side - block + 1), np.ones(block))
