"""From a suite's data section to verified splits."""

from __future__ import annotations

from collections.abc import Callable

import torch

from mixbench.data.checksum import checksum
from mixbench.data.loaders import (
    arrays,
    bundled,
    cifar,
    clutter,
    digits,
    digits_28,
    emoji,
    fashion_mnist,
    folder,
    imagenet,
    japanese_vowels,
    mlbench,
    shards,
    speech_commands,
    svhn,
    tiny_imagenet,
    toy,
    uci,
)
from mixbench.data.loaders.loader import Boxes, Loaded, Loader
from mixbench.data.residence import kept_sizes
from mixbench.data.split import DataSet, Split
from mixbench.data.standard import standardised
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.sections.data import Data

LOADERS: dict[str, Loader] = {
    loader.name: loader
    for loader in (
        digits.LOADER, digits_28.LOADER, clutter.LOADER, fashion_mnist.LOADER, *cifar.LOADERS, svhn.LOADER,
        tiny_imagenet.LOADER, *emoji.LOADERS,
        japanese_vowels.LOADER, speech_commands.LOADER,
        *bundled.LOADERS, *mlbench.LOADERS, *uci.LOADERS, *toy.LOADERS,
        arrays.LOADER, imagenet.LOADER, shards.LOADER, folder.LOADER,
    )
}  # fmt: skip
"""Every loader by name; a user's path belongs to the first that it fits."""


def load(data: Data) -> DataSet:
    """Return the data set that a suite names; MixBenchError where it is missing or is not what the suite declares."""
    train, test, *_ = read(data)
    _verify(data, train, test)
    return _MADE[data.kind](data, train, test)


def _as_they_are(data: Data, train: Split, test: Split) -> DataSet:
    return DataSet(train, test, data.classes, tuple(data.mean), tuple(data.std))


_MADE: dict[str, Callable[[Data, Split, Split], DataSet]] = {"images": _as_they_are, "tabular": standardised}
"""What becomes of splits as they are found, by the kind of data."""


def read(data: Data) -> Loaded:
    """Return the splits as the loader finds them, not yet compared with what the suite declares; errors as load."""
    try:
        found = loader_of(data.loader or data.name).load(data)
    except OSError as error:
        raise MixBenchError(f"data {data.name}: needed readable files, got {error}; fetch them again") from None
    return found._replace(train=_first(found.train, data.keep_train), test=_first(found.test, data.keep_test))


def box_finder(data: Data) -> Callable[[Data], Boxes]:
    """Return what says where the item of each test image lies; MixBenchError for data of which nobody knows."""
    found = loader_of(data.loader or data.name).boxes
    if found is None:
        known = ", ".join(name for name, loader in LOADERS.items() if loader.boxes)
        raise MixBenchError(f"data {data.name}: needed the box of each test image's item, got none; use {known}")
    return found


def known_boxes(data: Data) -> Boxes:
    """Return where the item of each test image lies; errors as box_finder."""
    return box_finder(data)(data)[: data.keep_test]


def loader_of(name: str) -> Loader:
    """Return a loader by its name; MixBenchError where there is none."""
    if name not in LOADERS:
        raise unknown("data set", name, LOADERS, f"known are {', '.join(LOADERS)}")
    return LOADERS[name]


def _first(split: Split, count: int | None) -> Split:
    return split if count is None else split.first(count)


def _verify(data: Data, train: Split, test: Split) -> None:
    _check_kind(data, train)
    _check_sizes(data, train, test)
    _check_labels(data, train, test)
    if data.sha256 and (got := train.sha256 or checksum(train, test)) != data.sha256:
        raise MixBenchError(
            f"data {data.name}: needed sha256 {data.sha256}, got {got}; the files or their split are not the suite's:"
            " fetch them again, or declare the new checksum in a suite of your own"
        )


def _check_kind(data: Data, train: Split) -> None:
    if (kind := loader_of(data.loader or data.name).kind) != data.kind:
        raise MixBenchError(f"data {data.name}: needed kind = {kind!r}, got {data.kind!r}; mend the suite's [data]")
    for name in ("whole", "stream"):
        if getattr(data, name) and isinstance(train.images, torch.Tensor):
            raise MixBenchError(
                f"data {data.name}: needed a folder of images or shards for {name} = true, got data that are held in"
                f" memory; leave {name} out of the suite's [data]"
            )


def _check_sizes(data: Data, train: Split, test: Split) -> None:
    sizes = kept_sizes(data)
    declared = (data.train_images, data.test_images, data.channels, *sizes["train"], *sizes["test"])
    found = (len(train), len(test), *train.images.shape[1:], *test.images.shape[2:])
    if found != declared:
        raise MixBenchError(
            f"data {data.name}: needed (train images, test images, channels, height and width of either) {declared},"
            f" got {found}; mend the suite's [data]"
        )


def _check_labels(data: Data, train: Split, test: Split) -> None:
    lowest, highest = map(int, torch.cat([train.labels, test.labels]).aminmax())
    if lowest < 0 or highest >= data.classes:
        raise MixBenchError(
            f"data {data.name}: needed labels from 0 to {data.classes - 1}, got {lowest} to {highest};"
            " mend the suite's [data]"
        )
    if len(train.labels.unique()) < 2:
        raise MixBenchError(f"data {data.name}: needed at least two classes among the training images, got one")
