"""Draws one an image or one a pixel, made on the CPU and given as tensors on the batch's device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixbench.spec.kinds import PIXELS, Bounds

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Context, Images


def bounds_of(context: Context | None) -> Bounds:
    """Return where the values of a batch lie; without a context they are pixels."""
    return context.data.bounds if context else PIXELS


def per_image(values: np.ndarray, images: Images) -> Float[Tensor, "n 1 1 1"]:
    """Return one value an image (N,) as a tensor that multiplies the batch, in its dtype and on its device."""
    import torch

    return torch.from_numpy(values).to(images)[:, None, None, None]


def standard_normal(images: Images, rng: np.random.Generator) -> Images:
    """Return standard normal noise of the batch's shape, dtype and device."""
    import torch

    return torch.from_numpy(rng.standard_normal(tuple(images.shape), dtype=np.float32)).to(images)
