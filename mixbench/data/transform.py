"""The base transform of training images: crop and flip, per image, on whole batches."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mixbench.spec.sections import Transform

Images = Float[Tensor, "n c h w"]


def base_transform(images: Images, transform: Transform, rng: np.random.Generator) -> Images:
    """Crop and flip a batch (N, C, H, W) as the suite says, each image by its own draw."""
    if transform.crop_padding:
        images = crop(
            images,
            rng.integers(2 * transform.crop_padding + 1, size=(len(images), 2)),
            transform.crop_padding,
        )
    if transform.flip:
        images = flip(images, rng.random(len(images)) < 0.5)
    return images


def crop(images: Images, offsets: np.ndarray, padding: int) -> Images:
    """Pad with black by `padding` pixels and cut each image out at its offset (N, 2), rows and columns."""
    n, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, [padding] * 4)
    place = torch.from_numpy(offsets).to(images.device)
    rows = place[:, :1] + torch.arange(height, device=images.device)
    columns = place[:, 1:] + torch.arange(width, device=images.device)
    batch = torch.arange(n, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def flip(images: Images, which: np.ndarray) -> Images:
    """Mirror the images that `which` (N,) says, left to right."""
    mask = torch.from_numpy(which).to(images.device)[:, None, None, None]
    return torch.where(mask, images.flip(3), images)
