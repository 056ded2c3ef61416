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
    import torch

    first, second = rng.beta(2, 5, 2)
    shape = tuple(values.shape)
    if multiplicative:
        factors = 1 + np.float32(multiplicative * second) * _uniform(shape, left_out, rng)
        values = values * torch.from_numpy(factors).to(values)
    if additive:
        values = values + torch.from_numpy(np.float32(additive * first) * _normal(shape, left_out, rng)).to(values)
    return values


def _uniform(shape: tuple[int, ...], left_out: float, rng: np.random.Generator) -> np.ndarray:
    """Draw from U(−1, 1), or 0 with the probability `left_out`."""
    drawn = rng.random(shape, dtype=np.float32)
    # What lies above `left_out` is uniform again once it is stretched: one draw serves both.
    return np.where(drawn < left_out, np.float32(0), (2 * drawn - 1 - left_out) / np.float32(max(1 - left_out, 1e-9)))


def _normal(shape: tuple[int, ...], left_out: float, rng: np.random.Generator) -> np.ndarray:
    """Draw from N(0, 1), or 0 with the probability `left_out`."""
    drawn = rng.standard_normal(shape, dtype=np.float32)
    return np.where(rng.random(shape, dtype=np.float32) < left_out, np.float32(0), drawn) if left_out else drawn
