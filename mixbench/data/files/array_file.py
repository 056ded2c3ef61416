"""Arrays written to .npy files, whole or images one after another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mixbench.spec.whole import put_on_disk

Append = Callable[[np.ndarray], None]
"""Takes images (N, C, H, W)."""


def save_array(path: Path, array: np.ndarray) -> None:
    """Write an array to a .npy file and put it on the disk."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        put_on_disk(file)


@contextmanager
def array_file(path: Path, shape: tuple[int, ...]) -> Iterator[Append]:
    """Give a function that adds images of one shape to a new .npy file, whose header says in the end how many."""
    count = 0
    with path.open("wb") as file:

        def append(images: np.ndarray) -> None:
            nonlocal count
            count += len(images)
            file.write(images.data)

        _write_header(file, (0, *shape))
        yield append
        _write_header(file, (count, *shape))
        put_on_disk(file)


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the header at a .npy file's start; NumPy leaves room in it for another number of images."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    file.seek(max(end, file.tell()))
