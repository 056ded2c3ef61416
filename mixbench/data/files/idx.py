"""MNIST's file format: an array of unsigned bytes after its number of axes and their lengths, gzip or not."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

LIMIT = 1 << 30
"""Bytes that one file may hold, far above any set in this format."""


def read_idx(path: Path, axes: int) -> UInt8[np.ndarray, ...]:
    """Return the array of so many axes in a file; a name that ends in .gz is unpacked.

    LeCun, Cortes and Burges, The MNIST database. ValueError for another format, too many bytes or another number of
    them than declared; EOFError, zlib.error and gzip.BadGzipFile as gzip raises them.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        head = file.read(4 + 4 * axes)
        if len(head) < 4 + 4 * axes or head[:4] != bytes((0, 0, 8, axes)):
            raise ValueError(f"it starts with {head[:4].hex(' ') or 'nothing'}")
        shape = np.frombuffer(head, ">u4", offset=4).tolist()
        size = math.prod(shape)
        if size > LIMIT:
            raise ValueError(f"it declares {size} bytes")
        content = file.read(size + 1)
    if len(content) != size:
        raise ValueError(f"it declares {size} bytes and has {'more' if len(content) > size else len(content)}")
    return np.frombuffer(bytearray(content), np.uint8).reshape(shape)


def write_idx(path: Path, array: UInt8[np.ndarray, ...]) -> None:
    """Write an array of bytes to a file; a name that ends in .gz is packed."""
    head = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    content = head + np.ascontiguousarray(array).tobytes()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
