"""From a suite's data section to verified splits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from mixbench.data.digits import digits
from mixbench.data.split import DataSet, Split
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import Data

LOADERS: dict[str, Callable[[float], tuple[Split, Split]]] = {
    "digits": digits,
}


def load(data: Data) -> DataSet:
    """Return the data set that a suite names; MixBenchError where it is missing or is not what the suite declares."""
    if data.name not in LOADERS:
        raise unknown("data set", data.name, LOADERS, f"known are {', '.join(LOADERS)}")
    try:
        train, test = LOADERS[data.name](data.test_fraction)
    except OSError as error:
        raise MixBenchError(f"data {data.name}: needed readable files, got {error}; fetch them again") from None
    _verify(data, train, test)
    return DataSet(train, test, data.classes, tuple(data.mean), tuple(data.std))


def checksum(train: Split, test: Split) -> str:
    """Return the SHA-256 over content, shapes and split."""
    total = hashlib.sha256()
    for part in (train, test):
        total.update(repr((tuple(part.images.shape), part.white)).encode())
        total.update(part.images.contiguous().numpy().tobytes())
        total.update(part.labels.numpy().astype("<i8").tobytes())
    return total.hexdigest()


def _verify(data: Data, train: Split, test: Split) -> None:
    declared = (data.train_images, data.test_images, data.channels, data.height, data.width)
    found = (len(train), len(test), *train.images.shape[1:])
    if found != declared:
        raise MixBenchError(
            f"data {data.name}: needed (train images, test images, channels, height, width) {declared}, got {found};"
            " mend the suite's [data]"
        )
    highest = int(max(train.labels.max(), test.labels.max()))
    if highest >= data.classes:
        raise MixBenchError(
            f"data {data.name}: needed labels below {data.classes}, got {highest}; mend the suite's [data]"
        )
    got = checksum(train, test)
    if got != data.sha256:
        raise MixBenchError(
            f"data {data.name}: needed sha256 {data.sha256}, got {got}; the files or their split are not the suite's:"
            " fetch them again, or declare the new checksum in a suite of your own"
        )
