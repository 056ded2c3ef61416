"""Boxes drawn on the CPU and the masks they make: what CutMix, Cutout and their kin share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from mixbench.augment.protocol import Images

Box = tuple[int, int, int, int]
"""Top, bottom, left, right."""


def around(centre: Any, part: Any) -> tuple[Any, Any]:
    """Return start and end of a part of a side around a centre, not clipped: an odd part loses a pixel.

    Integers, or arrays or tensors of them. The rule of CutMix's and Cutout's code and of torchvision:
    centre ± part // 2, a length of 2·(part // 2).
    """
    half = part // 2
    return centre - half, centre + half


def clipped_box(side: tuple[int, int], cut: float, rng: np.random.Generator) -> Box:
    """Return of a box of `cut` times each side, centred anywhere, clipped at the border."""
    edges = []
    for length in side:
        start, end = around(int(rng.integers(length)), int(length * cut))
        edges += [max(start, 0), min(end, length)]
    return edges[0], edges[1], edges[2], edges[3]


def inside(starts: np.ndarray, ends: np.ndarray, images: Images) -> Bool[Tensor, "n 1 h w"]:
    """Return the mask of the pixels inside one box an image; starts and ends (N, 2) in rows and columns."""
    import torch

    rows, columns = (
        (np.arange(side) >= starts[:, [axis]]) & (np.arange(side) < ends[:, [axis]])
        for axis, side in enumerate(images.shape[2:])
    )
    return torch.from_numpy(rows[:, None, :, None] & columns[:, None, None, :]).to(images.device)
