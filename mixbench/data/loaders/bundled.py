"""The tables that scikit-learn ships: Iris, Wine and Breast Cancer Wisconsin (Diagnostic), feature vectors of UCI."""

from __future__ import annotations

from functools import partial
from io import StringIO

import numpy as np

from mixbench.data.loaders.digits import package_file
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.loaders.rows import divided
from mixbench.spec.sections.data import Data

TABLES = {"iris": ("iris.csv", 4), "wine": ("wine_data.csv", 13), "breast-cancer": ("breast_cancer.csv", 30)}
"""Each one's file within scikit-learn and its number of features."""


def bundled(file: str, data: Data) -> Loaded:
    """Return features (N, F, 1, 1) float32 as the file has them, stratified by class and the same on every call.

    MixBenchError where the suite names no test_fraction, since the tables have no split of their own.
    """
    head, _, body = package_file(file).decode().partition("\n")
    rows = np.loadtxt(StringIO(body), delimiter=",")
    return divided(data, rows[:, :-1], rows[:, -1].astype(np.int64), head.strip().split(",")[2:])


LOADERS = tuple(
    Loader(name, partial(bundled, file), of_shape(channels=features, height=1, width=1), kind="tabular")
    for name, (file, features) in TABLES.items()
)
