"""From a table's rows to its splits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int

from mixbench.data.loaders.digits import stratified
from mixbench.data.loaders.loader import Loaded
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

Features = Float[np.ndarray, "n f"]
Labels = Int[np.ndarray, " n"]


def divided(data: Data, features: Features, labels: Labels, classes: Sequence[str], own: int | None = None) -> Loaded:
    """Return features (N, F, 1, 1) float32 in two splits, the same on every call.

    They are stratified by class where the suite names a test_fraction; else the first `own` rows are for training.
    A missing value (NaN) becomes the mean of its feature's known ones among the training rows.
    MixBenchError where there is neither, since the table then has no split of its own.
    """
    if data.test_fraction is not None:
        train, test = stratified(labels, data.test_fraction)
    elif own is not None:
        train, test = np.split(np.arange(len(labels)), [own])
    else:
        raise MixBenchError(f"data {data.name}: needed a test_fraction, got none; add it to the suite's [data]")
    whole = _filled(features, features[train])
    return Loaded(as_split(whole[train], labels[train]), as_split(whole[test], labels[test]), classes)


def as_split(features: Features, labels: Labels) -> Split:
    """Return features (N, F) and labels (N,) as a split, each feature a channel of one pixel."""
    values = torch.from_numpy(features.astype(np.float32))[:, :, None, None]
    return Split(values, torch.from_numpy(labels.astype(np.int64)), white=1)


def _filled(features: Features, train: Float[np.ndarray, "m f"]) -> Features:
    known = np.isfinite(train)
    means = np.where(known, train, 0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(np.isfinite(features), features, means)
