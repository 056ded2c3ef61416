"""The tables that scikit-learn ships: Iris, Wine and Breast Cancer Wisconsin (Diagnostic), feature vectors of UCI."""

from __future__ import annotations

from functools import partial
from io import StringIO

import numpy as np
import torch

from mixbench.data.loaders.digits import package_file, stratified
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

TABLES = {"iris": ("iris.csv", 4), "wine": ("wine_data.csv", 13), "breast-cancer": ("breast_cancer.csv", 30)}
"""Each one's file within scikit-learn and its number of features."""


def bundled(file: str, data: Data) -> Loaded:
    """Return features (N, F, 1, 1) float32 as the file has them, stratified by class and the same on every call.

    MixBenchError where the suite names no test_fraction, since the tables have no split of their own.
    """
    if data.test_fraction is None:
        raise MixBenchError(f"data {data.name}: needed a test_fraction, got none; add it to the suite's [data]")
    head, _, body = package_file(file).decode().partition("\n")
    rows = np.loadtxt(StringIO(body), delimiter=",")
    labels = rows[:, -1].astype(np.int64)
    parts = stratified(labels, data.test_fraction)
    train, test = (as_split(rows[part, :-1], labels[part]) for part in parts)
    return Loaded(train, test, head.strip().split(",")[2:])


def as_split(features: np.ndarray, labels: np.ndarray) -> Split:
    """Return features (N, F) and labels (N,) as a split, each feature a channel of one pixel."""
    values = torch.from_numpy(features.astype(np.float32))[:, :, None, None]
    return Split(values, torch.from_numpy(labels.astype(np.int64)), white=1)


LOADERS = tuple(
    Loader(name, partial(bundled, file), of_shape(channels=features, height=1, width=1), kind="tabular")
    for name, (file, features) in TABLES.items()
)
