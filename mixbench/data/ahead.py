"""Images that stream, decoded ahead of their use by worker processes, in order, in bounded memory."""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mixbench.data.split import Streamed
from mixbench.data.transform import Crops
from mixbench.spec.errors import MixBenchError
from mixbench.spec.processes import without_main

PART_BYTES = 2**22
"""Of pixels, about, that a worker hands over at once."""

AHEAD = 4
"""Parts that wait for each worker's use."""

MOST = 16
"""Workers at most."""

VARIABLE = "MIXBENCH_DECODERS"
SHARED = "/dev/shm"


class Wanted(NamedTuple):
    """Which images, and with what draws where they are cut out of whole pictures."""

    places: Int[np.ndarray, " m"]
    crops: Crops | None = None

    def parts(self, size: int) -> list[Wanted]:
        """Return parts of at most so many images."""
        rows = [slice(start, start + size) for start in range(0, max(1, len(self.places)), size)]
        return [Wanted(self.places[each], self.crops and self.crops.only(each)) for each in rows]


class _Pictures(Dataset[Any]):
    """What a worker reads from; a fault comes back as its text, since torch would wrap an error in a traceback."""

    def __init__(self, images: Streamed) -> None:
        self.images = images

    def __getitem__(self, wanted: Wanted) -> Tensor | str:
        try:
            return torch.from_numpy(self.images.read(*wanted))
        except MixBenchError as error:
            return str(error)


def ahead(images: Streamed, wanted: Iterable[Wanted], device: str, workers: int | None = None) -> Iterator[Tensor]:
    """Yield the wanted images, uint8 (M, C, H, W) on a device, in order, whoever decodes them; `wanted` is asked ahead.

    By default there are as many workers as `decoders` says; with none this process decodes. MixBenchError for a picture
    that is not as it was listed, and where a worker is killed.
    """
    size, counts = max(1, PART_BYTES // math.prod(images.shape[1:])), []

    def parts() -> Iterator[Wanted]:
        for each in wanted:
            found = each.parts(size)
            counts.append(len(found))
            yield from found

    read = _read(_Pictures(images), parts(), device, decoders(device) if workers is None else workers)
    moved = (_checked(part).to(device, non_blocking=True) for part in read)
    for first in moved:
        yield torch.cat([first, *(next(moved) for _ in range(counts.pop(0) - 1))])


def decoders(device: str) -> int:
    """Return how many workers decode for a training: as MIXBENCH_DECODERS says, else one a spare core beside a GPU.

    None where the CPU trains, which takes many times longer than decoding, and where processes may not start others.
    """
    if multiprocessing.current_process().daemon:
        return 0
    if (asked := os.environ.get(VARIABLE)) is not None:
        if not asked.isascii() or not asked.isdecimal() or len(asked) > 3:
            raise MixBenchError(f"{VARIABLE}: needed a number of processes, 0 or more, got {asked!r}; mend or unset it")
        return int(asked)
    return min(MOST, cores() - 1, _room()) if device == "cuda" else 0


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _room() -> int:
    """Return for how many workers there is shared memory; containers often have little."""
    try:
        return shutil.disk_usage(SHARED).free // (2 * AHEAD * PART_BYTES)
    except OSError:
        return MOST


def _read(pictures: _Pictures, parts: Iterator[Wanted], device: str, workers: int) -> Iterator[Tensor | str]:
    if not workers:
        yield from (pictures[part] for part in parts)
        return
    loader = DataLoader(
        pictures,
        batch_size=None,
        sampler=parts,
        num_workers=workers,
        prefetch_factor=AHEAD,
        pin_memory=device == "cuda",
        multiprocessing_context=_context(),
        # Its seeds must not come from torch's own stream, which belongs to the training.
        generator=torch.Generator(),
        collate_fn=_as_it_is,
    )
    try:
        with without_main():
            found = iter(loader)
        yield from found
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise MixBenchError(
            f"decoding: needed {workers} worker processes, got one killed; is there enough memory, in {SHARED} too? Set"
            f" {VARIABLE} to fewer, or 0"
        ) from None


def _context() -> Any:
    """Workers fork from a server without threads or CUDA, where the system has that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _as_it_is(part: Any) -> Any:
    return part


def _checked(part: Tensor | str) -> Tensor:
    if isinstance(part, str):
        raise MixBenchError(part)
    return part
