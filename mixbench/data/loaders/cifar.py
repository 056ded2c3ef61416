"""CIFAR-10 and CIFAR-100 in their python version: torchvision's folder, or the archive as it is distributed."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixbench.data.files.checks import check_bytes, check_file, check_names
from mixbench.data.files.fetch import Remote, fetch
from mixbench.data.files.places import candidates
from mixbench.data.files.unpickle import unpickle
from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

SIDE = 32
LIMIT = 1 << 29
"""Bytes that one file may hold: CIFAR-100's largest batch has 155 million."""


@dataclass(frozen=True)
class Layout:
    """How one of the two lies: likely folders, own folder, batches with their checksums, labels' key, where from."""

    below: tuple[str, ...]
    base: str
    train: dict[str, str]
    test: dict[str, str]
    key: str
    archive: Remote

    @property
    def batches(self) -> dict[str, str]:
        """Every batch's name and checksum."""
        return self.train | self.test


def cifar10(data: Data) -> tuple[Split, Split]:
    """Return the official splits: images (N, 3, 32, 32), labels 0 to 9; Krizhevsky, 2009.

    Nothing that stands in the batches is run. MixBenchError where one is missing and cannot be had, or is damaged.
    """
    return _splits(data, _layout10())


def cifar100(data: Data) -> tuple[Split, Split]:
    """Return the official splits: images (N, 3, 32, 32), fine labels 0 to 99; as cifar10."""
    return _splits(data, _layout100())


def _layout10() -> Layout:
    from torchvision.datasets import CIFAR10

    return _layout(CIFAR10, ("cifar10", "cifar-10", "."), "labels", 170498071)


def _layout100() -> Layout:
    from torchvision.datasets import CIFAR100

    return _layout(CIFAR100, ("cifar100", "cifar-100", "."), "fine_labels", 169001437)


def _layout(published: Any, below: tuple[str, ...], key: str, size: int) -> Layout:
    train, test = ({name: f"md5:{md5}" for name, md5 in part} for part in (published.train_list, published.test_list))
    archive = Remote(published.filename, published.url, f"md5:{published.tgz_md5}", size)
    return Layout(below, published.base_folder, train, test, key, archive)


def _splits(data: Data, layout: Layout) -> tuple[Split, Split]:
    check_names(data, (*layout.batches, layout.archive.name))
    source = _source(data, layout) or fetch(data, layout.below[0], [layout.archive]) / layout.archive.name
    contents = _in_archive if source.is_file() else _in_folder
    batches = {name: _batch(data, layout, where, content) for name, where, content in contents(data, layout, source)}
    if missing := [name for name in layout.batches if name not in batches]:
        raise MixBenchError(f"data {data.name}: needed {', '.join(missing)} in {source}, got none; get it again")
    return _joined([batches[name] for name in layout.train]), _joined([batches[name] for name in layout.test])


def _source(data: Data, layout: Layout) -> Path | None:
    """Return the first folder that has every batch, or the first archive."""
    for place in candidates(data, layout.below):
        for folder in (place / layout.base, place):
            if all((folder / name).is_file() for name in layout.batches):
                return folder
        if (place / layout.archive.name).is_file():
            return place / layout.archive.name
    return None


def _in_folder(data: Data, layout: Layout, folder: Path) -> Iterator[tuple[str, str, bytes]]:
    for name in layout.batches:
        path = folder / name
        check_file(data, path)
        _bound(data, str(path), path.stat().st_size)
        yield name, str(path), path.read_bytes()


def _in_archive(data: Data, layout: Layout, path: Path) -> Iterator[tuple[str, str, bytes]]:
    check_file(data, path)
    wanted = {f"{layout.base}/{name}": name for name in layout.batches}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                where = f"{path}: {member.name}"
                _bound(data, where, member.size)
                file = archive.extractfile(member) if member.isfile() and member.name in wanted else None
                if file is not None:
                    content = file.read()
                    check_bytes(data, wanted[member.name], where, content)
                    yield wanted[member.name], where, content
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise MixBenchError(
            f"data {data.name}: needed the archive as it is distributed, got {path} ({error});"
            " it is truncated or damaged: delete it to download it again"
        ) from None


def _bound(data: Data, where: str, size: int) -> None:
    if size > LIMIT:
        raise MixBenchError(f"data {data.name}: needed at most {LIMIT} bytes, got {size} in {where}; get it again")


def _batch(data: Data, layout: Layout, where: str, content: bytes) -> tuple[np.ndarray, np.ndarray]:
    entry = unpickle(content, f"data {data.name}: {where}")
    images = entry.get("data") if isinstance(entry, dict) else None
    labels = entry.get(layout.key) if isinstance(entry, dict) else None
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (3 * SIDE * SIDE,):
        got = f"{images.shape} of {images.dtype}" if isinstance(images, np.ndarray) else "none"
        raise MixBenchError(f"data {data.name}: needed data (N, 3072) of uint8, got {got} in {where}; get it again")
    if not isinstance(labels, list) or len(labels) != len(images) or not _all_labels(labels, data.classes):
        raise MixBenchError(
            f"data {data.name}: needed a label from 0 to {data.classes - 1} in {layout.key} for each of {len(images)}"
            f" images, got {_found(labels)} in {where}; get it again"
        )
    return images, np.array(labels, np.int64)


def _all_labels(labels: list[Any], classes: int) -> bool:
    return all(type(label) is int and 0 <= label < classes for label in labels)


def _found(labels: Any) -> str:
    if not isinstance(labels, list) or not labels or not all(type(label) is int for label in labels):
        return "none"
    return f"{len(labels)} from {min(labels)} to {max(labels)}"


def _joined(batches: Sequence[tuple[np.ndarray, np.ndarray]]) -> Split:
    images = np.concatenate([images for images, _ in batches]).reshape(-1, 3, SIDE, SIDE)
    return Split(torch.from_numpy(images), torch.from_numpy(np.concatenate([labels for _, labels in batches])))


SHAPE = of_shape(channels=3, height=SIDE, width=SIDE)
LOADERS = (
    Loader("cifar10", published(cifar10), SHAPE, lambda: _layout10().batches),
    Loader("cifar100", published(cifar100), SHAPE, lambda: _layout100().batches),
)
