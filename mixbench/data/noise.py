"""Corrupted training labels."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mixbench.data.given import given_labels
from mixbench.spec.sections.data import Data
from mixbench.spec.seeding import SUITE_SEED, stream


def corrupt(
    labels: Int[Tensor, " n"], classes: int, level: float, data_name: str
) -> tuple[Int[Tensor, " n"], Bool[Tensor, " n"]]:
    """Return the given labels (N,) and the mask (N,) of the corrupted ones.

    With probability `level` a label is replaced by a uniform draw over all classes, the true one included; selected
    is corrupted, even if the draw repeats the truth. The draws depend on the data set's name and the level alone.
    Zhang et al., mixup, 2018, §3.4, by the convention of the fitting-random-labels code.
    """
    rng = stream(SUITE_SEED, "label noise", data_name, float(level))
    mask = torch.from_numpy(rng.random(len(labels)) < level).to(labels.device)
    draws = torch.from_numpy(rng.integers(classes, size=len(labels), dtype=np.int64)).to(labels.device)
    return torch.where(mask, draws, labels), mask


def given_labels_of(
    labels: Int[Tensor, " n"], data: Data, noise: float | Literal["given"]
) -> tuple[Int[Tensor, " n"], Bool[Tensor, " n"]]:
    """Return the labels (N,) that a training is given and the mask (N,) of the corrupted ones.

    By a level's draws, or from the suite's file of given labels, whose wrong ones are the corrupted; MixBenchError
    where that file is missing or does not fit.
    """
    if noise == "given":
        given = given_labels(data, labels)
        return given, given != labels
    return corrupt(labels, data.classes, noise, data.name)
