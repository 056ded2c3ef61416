"""SVHN's cropped digits: 99,289 colour 32×32 images in MATLAB's format; the `extra` images are not part of it."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixbench.data.files.checks import check_file, check_names
from mixbench.data.files.fetch import Remote, fetch
from mixbench.data.files.places import candidates
from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

BELOW = ("svhn", "SVHN", ".")
SIZES = {"train_32x32.mat": 182040794, "test_32x32.mat": 64275384}
"""Bytes as distributed, by file."""
KINDS = (("uint8", "uint8"), ("uint8", "double"))
"""MATLAB's types of pixels and labels: nothing that nests."""
LIMIT = 1 << 30
"""Bytes of pixels that one file may declare."""


def svhn(data: Data) -> tuple[Split, Split]:
    """Return the official splits: images (N, 3, 32, 32), labels 0 to 9, where the files write 10 for the digit 0.

    Netzer et al., 2011. MixBenchError where a file is missing and cannot be had, or is damaged.
    """
    check_names(data, SIZES)
    complete = (place for place in candidates(data, BELOW) if all((place / name).is_file() for name in SIZES))
    folder = next(complete, None) or fetch(data, BELOW[0], _remotes())
    train, test = (_split(data, folder / name) for name in SIZES)
    return train, test


def _remotes() -> list[Remote]:
    from torchvision.datasets import SVHN

    published = (SVHN.split_list[part] for part in ("train", "test"))
    return [Remote(name, url, f"md5:{md5}", SIZES[name]) for url, name, md5 in published]


def _split(data: Data, path: Path) -> Split:
    from scipy.io.matlab import MatReadError

    check_file(data, path)
    try:
        images, labels = _arrays(path)
    except (
        MatReadError, OSError, ValueError, TypeError, KeyError, IndexError, EOFError, NotImplementedError, MemoryError,
        zlib.error, struct.error,
    ) as error:  # fmt: skip
        raise MixBenchError(
            f"data {data.name}: needed X (32, 32, 3, N) of uint8 and y (N, 1) in a MATLAB file, got {path}"
            f" ({error}); it is truncated or damaged: get it again"
        ) from None
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read pixels (N, 3, 32, 32) and labels (N,), once the file's list says that they are plain arrays."""
    from scipy.io import loadmat, whosmat

    listed = {name: (shape, kind) for name, shape, kind in whosmat(path)}
    (shape, kind), (rows, label_kind) = listed["X"], listed["y"]
    if len(shape) != 4 or rows != (shape[-1], 1) or math.prod(shape) > LIMIT or (kind, label_kind) not in KINDS:
        raise ValueError(f"X {shape} of {kind}, y {rows} of {label_kind}")
    content: dict[str, Any] = loadmat(path, variable_names=["X", "y"])
    pixels, labels = content["X"], content["y"].ravel()
    digits = labels.astype(np.int64)
    if pixels.shape != shape or pixels.dtype != np.uint8 or (digits != labels).any():
        raise ValueError(f"X {pixels.shape} of {pixels.dtype}, y of {labels.dtype}")
    return np.ascontiguousarray(pixels.transpose(3, 2, 0, 1)), np.where(digits == 10, 0, digits)


LOADER = Loader(
    "svhn",
    published(svhn),
    of_shape(channels=3, height=32, width=32),
    files=lambda: {remote.name: remote.checksum for remote in _remotes()},
)
