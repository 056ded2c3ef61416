"""A model's logits on a whole split."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

BATCH = 512
"""Images in one evaluation batch; fixed, since a batch's size can decide a result's last bit."""


def batches(count: int) -> Iterator[slice]:
    """Yield the slices of evaluation batches."""
    yield from (slice(start, start + BATCH) for start in range(0, count, BATCH))


@torch.no_grad()
def logits_of(model: nn.Module, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
    """Return the logits (N, K) of images in [0, 1], in float32; the model is to be in evaluation mode."""
    return torch.cat([model(images[part]).float() for part in batches(len(images))])
