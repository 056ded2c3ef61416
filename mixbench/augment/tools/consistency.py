"""How far predictions on several views of the same images lie from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Logits


def jensen_shannon(logits: tuple[Logits, ...]) -> Float[Tensor, ""]:
    """Return the mean over examples of the views' Jensen-Shannon divergence in nats, from logits (N, K) each."""
    import torch

    views = torch.stack(logits).log_softmax(dim=2)
    mixture = views.exp().mean(dim=0).clamp(min=1e-7).log()
    return (views.exp() * (views - mixture)).sum(dim=2).mean()
