"""The label confusion model: how similar an example is to each label, learned along with the classifier."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

START = 0.05
"""Label embeddings start uniform in [−START, START], as Keras' do."""


class LabelConfusionModel(nn.Module):
    """Similarities of features (N, D) to K learned label embeddings, as distributions (N, K) float32.

    Guo et al., Label Confusion Learning to Enhance Text Classification Models, 2021, §3.2. It starts near uniform
    similarities, by small embeddings and no biases, as Keras starts the authors'.
    """

    def __init__(self, features: int, classes: int, width: int) -> None:
        super().__init__()
        self.labels = nn.Parameter(torch.empty(classes, width).uniform_(-START, START))
        self.projection = nn.Linear(features, width)
        self.similarity = nn.Linear(classes, classes)
        for layer in (self.projection, self.similarity):
            nn.init.zeros_(layer.bias)

    def forward(self, features: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """Compare and normalise."""
        compared = self.projection(features) @ self.labels.tanh().T
        return self.similarity(compared).float().softmax(dim=1)


def confusion_loss(
    similar: Float[Tensor, "n k"], logits: Float[Tensor, "n k"], targets: Float[Tensor, "n k"], alpha: float
) -> Float[Tensor, ""]:
    """Return the batch's mean KL(softmax(s + α·y) ‖ softmax(logits)), with gradients to both sides."""
    log_simulated = (similar + alpha * targets).log_softmax(dim=1)
    gaps = log_simulated - logits.log_softmax(dim=1)
    return (log_simulated.exp() * gaps).sum(dim=1).mean()


def usual_alpha(classes: int) -> float:
    """Return the α that leaves the true class 0.86 of the target at uniform similarities, to one decimal; 4 for 10."""
    return round(math.log(0.86 * (classes - 1) / 0.14), 1)


def true_share(alpha: float, classes: int) -> float:
    """Return the true class's part of the target at uniform similarities."""
    return 1 / (1 + (classes - 1) * math.exp(-alpha))
