"""How well the confidences of mixed images follow the shares they are mixed by; loads torch."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def ndcg_loss(confidences: Float[Tensor, "m n"], shares: Float[Tensor, "m n"]) -> Float[Tensor, ""]:
    """Return the mean over images of 1 − min(D/I, I/D), from 0 to 1.

    Each image's m versions are discounted by their shares' order, the largest first: D sums the discounted
    confidences, I the discounted shares.
    """
    shares, order = shares.sort(dim=0, descending=True, stable=True)
    ranks = torch.arange(2, len(shares) + 2, device=shares.device, dtype=shares.dtype)
    discounts = (1 / ranks.log2())[:, None]
    gained = (confidences.gather(0, order) * discounts).sum(dim=0)
    ideal = (shares * discounts).sum(dim=0)
    return (1 - torch.minimum(gained / ideal, ideal / gained)).mean()


def margin_loss(
    clean: Float[Tensor, "n k"], mixed: Float[Tensor, "n k"], apply: Bool[Tensor, " n"], margin: float
) -> Float[Tensor, ""]:
    """Return the mean over images of max(0, largest mixed logit − largest clean logit + margin).

    An image counts as 0 unless `apply`.
    """
    hinge = (mixed.amax(dim=1) - clean.amax(dim=1) + margin).clamp_min(0)
    return (hinge * apply).mean()
