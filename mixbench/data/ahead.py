"""Images that stream, decoded ahead of their use by worker processes, in order, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from mixbench.data.decoders import PART_BYTES, Part, decoded, decoders_for
from mixbench.data.split import Streamed
from mixbench.data.transform import Crops
from mixbench.spec.errors import MixBenchError


class Wanted(NamedTuple):
    """Which images, and with what draws where they are cut out of whole pictures."""

    places: Int[np.ndarray, " m"]
    crops: Crops | None = None

    def parts(self, images: Streamed, size: int) -> list[Part]:
        """Return parts of at most so many of a split's images."""
        rows = [slice(start, start + size) for start in range(0, max(1, len(self.places)), size)]
        return [Part(images, self.places[each], self.crops and self.crops.only(each)) for each in rows]


def ahead(images: Streamed, wanted: Iterable[Wanted], device: str, workers: int | None = None) -> Iterator[Tensor]:
    """Yield the wanted images, uint8 (M, C, H, W) on a device, in order, whoever decodes them; `wanted` is asked ahead.

    By default there are as many workers as `decoders_for` says; with none this process decodes. MixBenchError for a
    picture that is not as it was listed, and where a worker is killed.
    """
    size, counts = max(1, PART_BYTES // math.prod(images.shape[1:])), []

    def parts() -> Iterator[Part]:
        for each in wanted:
            found = each.parts(images, size)
            counts.append(len(found))
            yield from found

    read = decoded(parts(), device, decoders_for(device) if workers is None else workers)
    moved = (_checked(part).to(device, non_blocking=True) for part in read)
    for first in moved:
        yield torch.cat([first, *(next(moved) for _ in range(counts.pop(0) - 1))])


def _checked(part: Tensor | str) -> Tensor:
    if isinstance(part, str):
        raise MixBenchError(part)
    return part
