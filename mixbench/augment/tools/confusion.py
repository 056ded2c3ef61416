"""The label confusion model: how similar an example is to each label, learned along with the classifier."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LabelConfusionModel(nn.Module):
    """Similarities of features (N, D) to K learned label embeddings, as distributions (N, K) float32.

    Guo et al., Label Confusion Learning to Enhance Text Classification Models, 2021, §3.2.
    """

    def __init__(self, features: int, classes: int, width: int) -> None:
        super().__init__()
        self.labels = nn.Parameter(torch.randn(classes, width))
        self.projection = nn.Linear(features, width)
        self.similarity = nn.Linear(classes, classes)

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
