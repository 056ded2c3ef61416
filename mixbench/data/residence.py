"""What is held in memory and what streams: decided by the memory that is free now. Needs no torch, but for a GPU."""

from __future__ import annotations

import math
import os
from pathlib import Path

from mixbench.spec.sections.data import Data

PARTS: tuple[str, ...] = ("train", "test")
"""The splits, in the order in which files and messages have them."""

OF_FILES = ("folder", "imagenet", "shards")
"""The loaders whose images lie in files of their own, or in shards, and so can stream."""

SHARE = 4
"""Of the free memory all copies of a data set take at most one part in so many: models and the system need some."""

SMALL = 2**28
"""Bytes of images that are always held."""

DEVICE_SHARE = 2
"""Of a GPU's free memory the images of a split take at most one part in so many."""

UNKNOWN = 2**32
"""Bytes that are taken to be free where the system does not say."""

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""A container's limit and what it uses, of either version."""

Size = tuple[int, int]

_beside = 1


def share_memory(processes: int) -> None:
    """Take it that so many processes of this machine, this one too, hold data side by side."""
    global _beside
    _beside = processes


def kept_sizes(data: Data) -> dict[str, Size]:
    """Return the height and width that each split has, held or streamed, before the base transform."""
    size = (data.height, data.width)
    stored = (data.stored[0], data.stored[1]) if data.stored and not data.whole else size
    return {"train": stored, "test": size}


def image_bytes(data: Data) -> dict[str, int]:
    """Return the bytes of each split's images as uint8."""
    counts = {"train": data.train_images, "test": data.test_images}
    return {part: counts[part] * data.channels * math.prod(size) for part, size in kept_sizes(data).items()}


def streamed(data: Data, free: int | None = None, processes: int | None = None) -> tuple[str, ...]:
    """Return which splits stream: of image files, as the suite says, else what a part of the free memory cannot hold.

    The test split is held first, since the battery looks at it a hundred times. `free` are the bytes that are free, of
    which as many `processes` take their part; by default as measured, and as share_memory was told.
    """
    if (data.loader or data.name) not in OF_FILES:
        return ()
    if data.stream is not None:
        return PARTS if data.stream else ()
    sizes, found = image_bytes(data), []
    if sum(sizes.values()) <= SMALL and not data.whole:
        return ()
    room = max(SMALL, (free_memory() if free is None else free) // (SHARE * (processes or _beside)))
    for part in reversed(PARTS):
        if sizes[part] > room or (part == "train" and data.whole):
            found.append(part)
        else:
            room -= sizes[part]
    return tuple(part for part in PARTS if part in found)


def device_holds(device: str, size: int) -> bool:
    """Whether a device has room for so many bytes of images."""
    if device != "cuda":
        return True
    import torch

    return size <= torch.cuda.mem_get_info()[0] // DEVICE_SHARE


def free_memory() -> int:
    """Return the bytes of memory that this process may still take, by the system and by its container's limit."""
    free = _available()
    for limit, used in _CGROUPS:
        most, now = _number(limit), _number(used)
        if most is not None and now is not None:
            free = min(free, max(most - now, 0))
    return free


def _available() -> int:
    try:
        with Path("/proc/meminfo").open() as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError, IndexError):
        return _half_of_all()


def _half_of_all() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return UNKNOWN


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return None
