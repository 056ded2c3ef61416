"""Boxes drawn on the CPU and the masks they make: what CutMix, Cutout and their kin share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from mixbench.augment.protocol import Images


def clipped_box(side: tuple[int, int], box: tuple[int, int], rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Return (top, bottom, left, right) of a box (height, width) centred anywhere, clipped at the border."""
    edges = []
    for length, part in zip(side, box, strict=True):
        start = int(rng.integers(length)) - part // 2
        edges += [max(start, 0), min(start + part, length)]
    return edges[0], edges[1], edges[2], edges[3]


def inside(starts: np.ndarray, ends: np.ndarray, images: Images) -> Bool[Tensor, "n 1 h w"]:
    """Return the mask of the pixels inside one box an image; starts and ends (N, 2) in rows and columns."""
    import torch

    rows, columns = (
        (np.arange(side) >= starts[:, [axis]]) & (np.arange(side) < ends[:, [axis]])
        for axis, side in enumerate(images.shape[2:])
    )
    return torch.from_numpy(rows[:, None, :, None] & columns[:, None, None, :]).to(images.device)
