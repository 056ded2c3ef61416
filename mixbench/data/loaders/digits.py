"""scikit-learn's bundled digits: 1,797 real 8×8 grey images with 17 levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections import Data

WHITE = 16


def digits(data: Data) -> tuple[Split, Split]:
    """Return the train and the test split, stratified by class and the same on every call.

    MixBenchError where the suite names no test_fraction, since scikit-learn's digits have no split of their own.
    """
    if data.test_fraction is None:
        raise MixBenchError("data digits: needed a test_fraction, got none; add it to the suite's [data]")
    bunch: Any = load_digits()
    train, test = train_test_split(
        np.arange(len(bunch.target)), test_size=data.test_fraction, stratify=bunch.target, random_state=0
    )
    images = torch.from_numpy(bunch.images.astype(np.uint8))[:, None]
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    return Split(images[train], labels[train], WHITE), Split(images[test], labels[test], WHITE)


LOADER = Loader("digits", published(digits), of_shape(channels=1, height=8, width=8))
