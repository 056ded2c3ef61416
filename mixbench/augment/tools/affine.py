"""Affine resampling of a whole batch, each image by its own map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Images


def identity_maps(n: int) -> np.ndarray:
    """Return the maps (N, 2, 3) that leave n images as they are."""
    return np.tile(np.eye(2, 3), (n, 1, 1))


def warp(images: Images, maps: np.ndarray, fill: Float[Tensor, "1 c 1 1"] | None) -> Images:
    """Resample each image bilinearly by its own map; same shape, dtype and device, values in [0, 1].

    maps (N, 2, 3) take a place in the result to its place in the image: x to the right, y down, in pixels from the
    image's centre. Outside the image lies `fill`, or with None its nearest edge pixel.
    """
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    sides = np.array(images.shape[:1:-1])
    # Grids count in half sides, maps in pixels.
    scaled = np.concatenate([maps[:, :, :2] * sides / sides[:, None], maps[:, :, 2:] * 2 / sides[:, None]], axis=2)
    grid = affine_grid(torch.from_numpy(scaled).to(images), list(images.shape), align_corners=False)
    if fill is None:
        return grid_sample(images, grid, padding_mode="border", align_corners=False).clamp(0, 1)
    return (grid_sample(images - fill, grid, align_corners=False) + fill).clamp(0, 1)


def rotations(radians: np.ndarray) -> np.ndarray:
    """Return the maps (N, 2, 3) that turn each image anticlockwise by its angle (N,)."""
    maps = identity_maps(len(radians))
    maps[:, 0, 0] = maps[:, 1, 1] = np.cos(radians)
    maps[:, 1, 0] = np.sin(radians)
    maps[:, 0, 1] = -maps[:, 1, 0]
    return maps


def shears(slopes: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return the maps (N, 2, 3) that shear each image by its slope (N,), along rows (0) or columns (1) as `along` says.

    A row at y pixels below the centre takes its pixels from `slope`·y to its right; columns alike.
    """
    maps = identity_maps(len(slopes))
    maps[np.arange(len(slopes)), along, 1 - along] = slopes
    return maps
