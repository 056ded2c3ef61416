"""The nearest training images of each training image."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from mixbench.data.split import Split, Streamed
from mixbench.spec.errors import MixBenchError

CHUNK = 1024


def nearest(train: Split, count: int, same_class: bool) -> Int[Tensor, "n m"]:
    """Return each image's nearest by L2 on raw pixels, itself excluded, nearest first, rows filled up with -1.

    Within classes a row has at most class size − 1 places. Zhang et al., mixup, 2018, Table 5. MixBenchError for images
    that stream, which are too many to be compared with one another.
    """
    if isinstance(train.images, Streamed):
        raise MixBenchError(
            f"nearest images: needed training images held in memory, got {len(train)} that stream; take another"
            " partner, or write stream = false in the suite's [data]"
        )
    flat = train.pixels().flatten(1)
    count = min(count, len(flat) - 1)
    return torch.cat([_rows(flat, train.labels, start, count, same_class) for start in range(0, len(flat), CHUNK)])


def _rows(flat: Tensor, labels: Tensor, start: int, count: int, same_class: bool) -> Tensor:
    here = slice(start, start + CHUNK)
    distance = torch.cdist(flat[here], flat)
    own = torch.arange(start, start + len(distance), device=flat.device)
    distance[torch.arange(len(distance), device=flat.device), own] = torch.inf
    if same_class:
        distance[labels[here, None] != labels] = torch.inf
    values, places = distance.topk(count, largest=False)
    return places.where(values.isfinite(), -1)
