"""scikit-learn's bundled digits: 1,797 real 8×8 grey images with 17 levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mixbench.data.split import Split

WHITE = 16


def digits(test_fraction: float) -> tuple[Split, Split]:
    """Return the train and the test split, stratified by class and the same on every call."""
    bunch: Any = load_digits()
    train, test = train_test_split(
        np.arange(len(bunch.target)), test_size=test_fraction, stratify=bunch.target, random_state=0
    )
    images = torch.from_numpy(bunch.images.astype(np.uint8))[:, None]
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    return Split(images[train], labels[train], WHITE), Split(images[test], labels[test], WHITE)
