"""Temperature scaling by two halves of the test split, so that no training data is lost."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mixbench.battery.subject import Subject
from mixbench.spec.seeding import SUITE_SEED, stream

LIMITS = (math.log(0.01), math.log(100.0))


def scaled_confidence(
    subject: Subject, logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"], name: str
) -> dict[str, np.ndarray]:
    """Return each example's half and its top confidence at the temperature fitted on the other half, each (N,).

    `name` is the data set's. Guo et al., On Calibration of Modern Neural Networks, 2017, §4.2.
    """
    half = halves(len(labels), name)
    logits = logits.double()
    confidence = np.empty(len(labels))
    for fitted in (False, True):
        fit, apply = (torch.from_numpy(half == side).to(logits.device) for side in (fitted, not fitted))
        temperature = fit_temperature(subject, logits[fit], labels[fit])
        scaled = subject.log_probabilities(logits[apply] / temperature).exp().max(1).values
        confidence[half != fitted] = scaled.cpu().numpy()
    return {"scaled.half": half, "scaled.confidence": confidence}


def halves(n: int, name: str) -> Bool[np.ndarray, " n"]:
    """Return who is in the second half of a data set's test split, (N,)."""
    order = stream(SUITE_SEED, "halves", name).permutation(n)
    second = np.zeros(n, dtype=bool)
    second[order[: n // 2]] = True
    return second


def fit_temperature(subject: Subject, logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> float:
    """Return the temperature in [0.01, 100] that minimises the negative log-likelihood."""
    from scipy.optimize import minimize_scalar

    def nll(log_temperature: float) -> float:
        log_p = subject.log_probabilities(logits / math.exp(log_temperature))
        return float(-log_p.gather(1, labels[:, None]).mean())

    return math.exp(minimize_scalar(nll, bounds=LIMITS, method="bounded", options={"xatol": 1e-6}).x)
