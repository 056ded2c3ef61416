"""Fashion-MNIST: 70,000 grey 28×28 images in MNIST's format, gzip or not, where torchvision or Debian put them."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import torch
from torch import Tensor

from mixbench.data.files.checks import check_file, check_names
from mixbench.data.files.fetch import Remote, fetch
from mixbench.data.files.idx import read_idx
from mixbench.data.files.places import candidates
from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

NAME = "fashion-mnist"
BELOW = (NAME, "FashionMNIST/raw")
DEBIAN = "/usr/share/datasets/fashion-mnist"
PARTS = ("train", "t10k")
SIZES = {
    "train-images-idx3-ubyte.gz": 26421880,
    "train-labels-idx1-ubyte.gz": 29515,
    "t10k-images-idx3-ubyte.gz": 4422102,
    "t10k-labels-idx1-ubyte.gz": 5148,
}
"""Bytes as distributed, by file."""


def fashion_mnist(data: Data) -> tuple[Split, Split]:
    """Return the official splits: images (N, 1, 28, 28), labels 0 to 9.

    Xiao et al., Fashion-MNIST, 2017. MixBenchError where a file is missing and cannot be had, or is damaged.
    """
    check_names(data, {name for gz in SIZES for name in (gz, gz.removesuffix(".gz"))})
    folder = _folder(data)
    train, test = (_split(data, folder, part) for part in PARTS)
    return train, test


def _folder(data: Data) -> Path:
    places = candidates(data, BELOW, (DEBIAN,))
    complete = (place for place in places if all(_present(place, name) for name in SIZES))
    return next(complete, None) or fetch(data, NAME, _remotes())


def _remotes() -> list[Remote]:
    from torchvision.datasets import FashionMNIST

    base = FashionMNIST.mirrors[0]
    return [Remote(name, base + name, f"md5:{md5}", SIZES[name]) for name, md5 in FashionMNIST.resources]


def _present(folder: Path, name: str) -> Path | None:
    both = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in both if path.is_file()), None)


def _split(data: Data, folder: Path, part: str) -> Split:
    images = _tensor(data, folder, f"{part}-images-idx3-ubyte.gz", 3)
    labels = _tensor(data, folder, f"{part}-labels-idx1-ubyte.gz", 1)
    if len(images) != len(labels):
        raise MixBenchError(
            f"data {data.name}: needed a label for each of {len(images)} {part} images, got {len(labels)} in {folder};"
            " the files are not of one set: get both again"
        )
    return Split(images[:, None], labels.long())


def _tensor(data: Data, folder: Path, name: str, axes: int) -> Tensor:
    path = _present(folder, name)
    assert path is not None
    check_file(data, path)
    try:
        return torch.from_numpy(read_idx(path, axes))
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MixBenchError(
            f"data {data.name}: needed an IDX file of {axes} axes of bytes, got {path} ({error});"
            " it is truncated or damaged: get it again"
        ) from None


LOADER = Loader(
    NAME,
    published(fashion_mnist),
    of_shape(channels=1, height=28, width=28),
    files=lambda: {remote.name: remote.checksum for remote in _remotes()},
)
