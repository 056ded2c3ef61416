"""The worker processes that decode images which stream, for one pass over them or for all of a training's."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


class Part(NamedTuple):
    """Which images of which split to decode at once, and with what draws where they are cut out of whole pictures."""

    images: Streamed
    places: Int[np.ndarray, " m"]
    crops: Crops | None = None


class _Pictures(Dataset[Any]):
    """What a worker reads from; a fault comes back as its text, since torch would wrap an error in a traceback."""

    last: Streamed | None = None

    def __getitem__(self, part: Part) -> Tensor | str:
        if self.last is None or part.images != self.last:
            # An equal one that came before has its list open.
            self.last = part.images
        try:
            return torch.from_numpy(self.last.read(part.places, part.crops))
        except MixBenchError as error:
            return str(error)


class _Asked:
    """What is to be read next, as a loader asks for it at the beginning of each pass."""

    parts: Iterator[Part] = iter(())

    def __iter__(self) -> Iterator[Part]:
        return self.parts


class _Decoders:
    """Worker processes, started when they are first asked: so many for a device."""

    def __init__(self) -> None:
        self.made_for: tuple[str, int] | None = None
        self.asked, self.busy = _Asked(), False
        self.close()

    def fit(self, device: str, workers: int) -> bool:
        """Whether they are free, and so many for this device or not yet started."""
        return not self.busy and self.made_for in (None, (device, workers))

    def read(self, parts: Iterator[Part], device: str, workers: int) -> Iterator[Tensor | str]:
        """Yield what the workers read; MixBenchError where one is killed."""
        self.busy, self.asked.parts = True, parts
        try:
            self._begin(device, workers)
            # Nobody but this object may refer to the pass, with whose end the workers end.
            while (part := next(self._pass, None)) is not None:
                yield part
        # What was on its way from a worker that is gone ends in errors of the connection.
        except (RuntimeError, ConnectionError, EOFError) as error:
            if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
                raise
            self.close()
            raise MixBenchError(
                f"decoding: needed {workers} worker processes, got one killed; is there enough memory, in {SHARED} too?"
                f" Set {VARIABLE} to fewer, or 0"
            ) from None
        finally:
            self.busy, self.asked.parts = False, iter(())

    def close(self) -> None:
        """End the workers."""
        self.made_for, self._loader, self._pass = None, None, iter(())

    def _begin(self, device: str, workers: int) -> None:
        if self._loader is None:
            self._loader = _loader(self.asked, device, workers)
        self.made_for = device, workers
        with without_main():
            self._pass = iter(self._loader)


_KEPT: ContextVar[_Decoders | None] = ContextVar("kept decoders", default=None)


@contextmanager
def kept_decoders() -> Iterator[None]:
    """Let the workers of one pass over images that stream serve the next ones too; they end with this."""
    kept = _Decoders()
    before = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(before)
        kept.close()


def decoded(parts: Iterator[Part], device: str, workers: int) -> Iterator[Tensor | str]:
    """Yield parts' images, uint8 (M, C, H, W), in order, or what is wrong with one; without workers here.

    MixBenchError where a worker is killed.
    """
    if not workers:
        pictures = _Pictures()
        yield from (pictures[part] for part in parts)
        return
    kept = _KEPT.get()
    chosen = kept if kept and kept.fit(device, workers) else _Decoders()
    try:
        yield from chosen.read(parts, device, workers)
    finally:
        if chosen is not kept:
            chosen.close()


def decoders_for(device: str) -> int:
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


def _loader(asked: _Asked, device: str, workers: int) -> DataLoader[Any]:
    return DataLoader(
        _Pictures(),
        batch_size=None,
        sampler=asked,
        num_workers=workers,
        prefetch_factor=AHEAD,
        persistent_workers=True,
        pin_memory=device == "cuda",
        multiprocessing_context=_context(),
        # Its seeds must not come from torch's own stream, which belongs to the training.
        generator=torch.Generator(),
        collate_fn=_as_it_is,
    )


def _context() -> Any:
    """Workers fork from a server without threads or CUDA, where the system has that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _as_it_is(part: Any) -> Any:
    return part
