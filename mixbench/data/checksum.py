"""A data set's checksum: content, shapes and split, read piece by piece."""

from __future__ import annotations

import hashlib

from mixbench.data.split import Split

PIECE = 2**26
"""Bytes of images that are read at once."""


def checksum(train: Split, test: Split) -> str:
    """Return the SHA-256 over content, shapes and split."""
    total = hashlib.sha256()
    for part in (train, test):
        total.update(repr((tuple(part.images.shape), part.white)).encode())
        step = max(1, PIECE // max(1, part.images[:1].nbytes))
        for start in range(0, len(part), step):
            total.update(part.images[start : start + step].contiguous().numpy().reshape(-1).data)
        total.update(part.labels.numpy().astype("<i8").tobytes())
    return total.hexdigest()
