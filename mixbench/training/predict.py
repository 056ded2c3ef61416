"""A model's logits on a whole split."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mixbench.data.feed import in_turn
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.training.several import ALONE, Alone

BATCH = 512
"""Images in one evaluation batch; fixed, since a batch's size can decide a result's last bit."""


def batches(count: int) -> Iterator[slice]:
    """Yield the slices of evaluation batches."""
    yield from (slice(start, start + BATCH) for start in range(0, count, BATCH))


@torch.no_grad()
def logits_of(model: nn.Module, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
    """Return the logits (N, K) of images in [0, 1], in float32; the model is to be in evaluation mode."""
    return torch.cat([as_logits(model(images[part])) for part in batches(len(images))])


def examples_of(split: Split) -> Iterator[tuple[slice, Float[Tensor, "n c h w"], Int[Tensor, " n"]]]:
    """Yield a split's images in [0, 1] and labels, and their place, one evaluation batch at a time."""
    parts = list(batches(len(split)))
    for part, images in zip(parts, in_turn(split, parts), strict=True):
        yield part, images, split.labels[part]


def predictions_on(model: nn.Module, split: Split, several: Alone = ALONE) -> Int[Tensor, " n"]:
    """Return the predicted label (N,) of each image of a split, which is made float a batch at a time.

    Of several processes each predicts its batches, and all return all.
    """
    predicted, mine = torch.zeros_like(split.labels), list(several.mine(batches(len(split))))
    with torch.no_grad():
        for part, images in zip(mine, in_turn(split, mine), strict=True):
            predicted[part] = as_logits(model(images)).argmax(1)
    return several.total(predicted)


def as_logits(output: object) -> Float[Tensor, "n k"]:
    """Return a model's output as float32 logits; MixBenchError where it is no tensor (N, K)."""
    if not isinstance(output, Tensor) or output.ndim != 2:
        got = f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
        raise MixBenchError(f"model: needed logits, a tensor (N, K), got {got}; wrap the model so that it returns them")
    return output.float()
