"""scikit-learn's bundled digits: 1,797 real 8×8 grey images with 17 levels."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, Integer, UInt8

from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

WHITE = 16
FILE = "digits.csv.gz"


def digits(data: Data) -> tuple[Split, Split]:
    """Return the train and the test split, stratified by class and the same on every call.

    MixBenchError where the suite names no test_fraction, since scikit-learn's digits have no split of their own.
    """
    if data.test_fraction is None:
        raise MixBenchError("data digits: needed a test_fraction, got none; add it to the suite's [data]")
    rows = _rows()
    images = torch.from_numpy(rows[:, :-1].reshape(-1, 1, 8, 8))
    labels = torch.from_numpy(rows[:, -1].astype(np.int64))
    train, test = stratified(rows[:, -1], data.test_fraction)
    return Split(images[train], labels[train], WHITE), Split(images[test], labels[test], WHITE)


def _rows() -> UInt8[np.ndarray, "n 65"]:
    """Return each image's pixels and, last, its label."""
    return np.loadtxt(BytesIO(gzip.decompress(package_file(FILE))), delimiter=",", dtype=np.uint8)


def package_file(name: str) -> bytes:
    """Return a data file of scikit-learn, which is not imported: that takes longer than to read its file."""
    (package,) = find_spec("sklearn").submodule_search_locations  # pyright: ignore[reportOptionalMemberAccess, reportGeneralTypeIssues, reportOptionalIterable]
    return Path(package, "datasets", "data", name).read_bytes()


def stratified(labels: Integer[np.ndarray, " n"], test_fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of training and test images as scikit-learn's train_test_split with random_state=0 draws them.

    Each class gets its share of both, rounded down; what is missing then goes to the classes of the largest remainders,
    among equal ones by lot.
    """
    rng = np.random.RandomState(0)
    count = len(labels)
    tests = int(np.ceil(test_fraction * count))
    sizes = np.bincount(labels)
    in_train = _shares(sizes, count - tests, rng)
    in_test = _shares(sizes - in_train, tests, rng)
    train, test = [], []
    for label, (first, second) in enumerate(zip(in_train, in_test, strict=True)):
        places = np.flatnonzero(labels == label)[rng.permutation(sizes[label])]
        train.append(places[:first])
        test.append(places[first : first + second])
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(test))


def _shares(sizes: Int[np.ndarray, " k"], wanted: int, rng: np.random.RandomState) -> Int[np.ndarray, " k"]:
    exact = sizes / sizes.sum() * wanted
    shares = np.floor(exact).astype(int)
    remainders = exact - shares
    for remainder in np.unique(remainders)[::-1]:
        if missing := wanted - shares.sum():
            (places,) = np.where(remainders == remainder)
            shares[rng.choice(places, size=min(len(places), missing), replace=False)] += 1
    return shares


LOADER = Loader("digits", published(digits), of_shape(channels=1, height=8, width=8))
