"""Feature vectors in units of their training deviation: every feature has mean 0 and deviation 1 in the training split.

What mixes, adds noise, attacks or measures a gradient then counts in one unit, whatever a feature was measured in.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from mixbench.data.split import DataSet, Split
from mixbench.spec.sections.data import Data

FIGURES = 9
"""Significant, of the mean and the deviation that a suite declares."""


def standardised(data: Data, train: Split, test: Split) -> DataSet:
    """Return both splits with the declared mean subtracted and divided by the declared deviation, float32.

    Where none are declared they are those of the training rows.
    """
    moments = (data.mean, data.std) if data.mean else feature_moments(data, train)
    first, second = (replace(part, images=_scaled(part.images, *moments)) for part in (train, test))
    zeros, ones = (0.0,) * data.channels, (1.0,) * data.channels
    return DataSet(first, second, data.classes, zeros, ones, data.values.bounds)


def _scaled(features: object, mean: list[float], std: list[float]) -> torch.Tensor:
    shift, scale = (torch.tensor(each, dtype=torch.float64).reshape(1, -1, 1, 1) for each in (mean, std))
    return ((torch.as_tensor(features).double() - shift) / scale).float()


def feature_moments(_data: Data, train: Split) -> tuple[list[float], list[float]]:
    """Return each feature's mean and standard deviation (over N) in the training split, to FIGURES.

    A constant feature has deviation 1, so that it becomes 0.
    """
    features = torch.as_tensor(train.images).double().flatten(1)
    mean, std = features.mean(0), features.std(0, correction=0)
    std = torch.where(std > torch.finfo(torch.float32).eps * features.abs().amax(0), std, torch.ones_like(std))
    return [_figures(each) for each in mean.tolist()], [_figures(each) for each in std.tolist()]


def _figures(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")
