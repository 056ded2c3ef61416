"""Noise on a hidden representation, an element's own and of a strength that the whole batch shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


def noised(
    values: Tensor, additive: float, multiplicative: float, rng: np.random.Generator, left_out: float = 0.0
) -> Tensor:
    """Return (1 + m·s₂·u) ⊙ values + a·s₁·ξ, same shape, dtype and device.

    s₁, s₂ ~ Beta(2, 5), one each; u ~ U(−1, 1) and ξ ~ N(0, 1), one an element, either of them 0 with the probability
    `left_out`, apart. Lim et al., Noisy Feature Mixup, 2022, §3.
    """
    first, second = rng.beta(2, 5, 2)
    if multiplicative:
        factors = _uniform(values, left_out, rng).mul_(multiplicative * second).add_(1)
        values = values * factors.to(values.dtype)
    if additive:
        values = values + _normal(values, left_out, rng).mul_(additive * first).to(values.dtype)
    return values


def _uniform(values: Tensor, left_out: float, rng: np.random.Generator) -> Tensor:
    """Draw from U(−1, 1), or 0 with the probability `left_out`, float32."""
    drawn = _on_device(rng.random(tuple(values.shape), dtype=np.float32), values)
    if not left_out:
        return drawn.mul_(2).sub_(1)
    # What lies above `left_out` is uniform again once it is stretched: one draw serves both.
    return drawn.mul(2).sub_(1 + left_out).div_(1 - left_out).masked_fill_(drawn < left_out, 0)


def _normal(values: Tensor, left_out: float, rng: np.random.Generator) -> Tensor:
    """Draw from N(0, 1), or 0 with the probability `left_out`, float32."""
    drawn = _on_device(rng.standard_normal(tuple(values.shape), dtype=np.float32), values)
    if not left_out:
        return drawn
    return drawn.masked_fill_(_on_device(rng.random(tuple(values.shape), dtype=np.float32), values) < left_out, 0)


def _on_device(drawn: np.ndarray, values: Tensor) -> Tensor:
    import torch

    return torch.from_numpy(drawn).to(values.device)
