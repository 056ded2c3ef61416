"""The subject of the battery, and what one look at its logits tells of each example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.kinds import IMAGES, Kind
from mixbench.training.predict import logits_of

Outcomes = dict[str, np.ndarray]
"""Arrays by name; examples, where there are any, along the last axis."""


def softmax_link(logits: Tensor) -> Tensor:
    """Return log-probabilities (N, K) by softmax."""
    return logits.log_softmax(dim=1)


@dataclass(frozen=True)
class Subject:
    """A model from pixels (N, C, H, W) in [0, 1], or other kinds of data, to logits (N, K), and the link to its
    log-probabilities."""

    model: nn.Module
    log_probabilities: Callable[[Tensor], Tensor] = softmax_link
    kind: Kind = IMAGES

    def logits(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        """Return the logits on images; MixBenchError where they are not numbers."""
        logits = logits_of(self.model, images)
        if not bool(logits.isfinite().all()):
            raise MixBenchError(
                f"model: needed finite logits (N, K), got shape {tuple(logits.shape)},"
                f" {int((~logits.isfinite()).sum())} of them NaN or infinite; check the weights"
            )
        return logits


def judge(subject: Subject, images: Tensor, labels: Tensor) -> Outcomes:
    """Return the per-example outcomes of one condition; see outcomes_of."""
    return outcomes_of(subject, subject.logits(images), labels)


def outcomes_of(subject: Subject, logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> Outcomes:
    """Return each example's predicted label, rank of the true label (from 1), top confidence, log-probability of the
    true label and sum of squared probabilities, each (N,), computed in float64."""
    log_p = subject.log_probabilities(logits.double())
    p = log_p.exp()
    true = log_p.gather(1, labels[:, None]).squeeze(1)
    return {
        "predicted": logits.argmax(1).cpu().numpy(),
        "rank": rank(logits, labels).cpu().numpy(),
        "confidence": p.max(1).values.cpu().numpy(),
        "log_probability": true.cpu().numpy(),
        "squared_sum": p.square().sum(1).cpu().numpy(),
    }


def rank(logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Return the true label's place by logit, from 1; among equal logits the lower class comes first, as in argmax."""
    true = logits.gather(1, labels[:, None])
    classes = torch.arange(logits.shape[1], device=logits.device)
    before = (logits > true) | ((logits == true) & (classes < labels[:, None]))
    return before.sum(1) + 1


def wrong(logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> np.ndarray:
    """Return who is predicted wrongly, (N,)."""
    return (rank(logits, labels) > 1).cpu().numpy()


def joined(parts: Sequence[Outcomes]) -> Outcomes:
    """Return the outcomes of consecutive batches as those of all their examples."""
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
