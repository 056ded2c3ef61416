"""A data set's checksum: content, shapes and split, read piece by piece."""

from __future__ import annotations

import hashlib

from mixbench.data.feed import pieces
from mixbench.data.split import Split


def checksum(train: Split, test: Split) -> str:
    """Return the SHA-256 over content, shapes and split."""
    total = hashlib.sha256()
    for part in (train, test):
        total.update(repr((tuple(part.images.shape), part.white)).encode())
        for images in pieces(part):
            total.update(images.contiguous().numpy().reshape(-1).data)
        total.update(part.labels.numpy().astype("<i8").tobytes())
    return total.hexdigest()
