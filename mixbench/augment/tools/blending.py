"""PixMix's two ways to combine an image with a picture: a sum about grey, and a product of powers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from torch import Tensor

    from mixbench.augment.protocol import Images

    Weights = Float[Tensor, "n 1 1 1"]


def blend_weights(beta: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw both weights of n images: inside [0, 1], or beyond 1 with the other one below 0; a large β is mild."""
    inner, near, far = rng.beta(beta, 1, n), *rng.beta(1, beta, (2, n))
    within = rng.random(n) < 0.5
    # Zero to the power of zero is 1, but by logarithms no number.
    return np.where(within, np.maximum(inner, 1e-6), 1 + near), np.where(within, far, -far)


def blended(first: Images, second: Images, a: Weights, b: Weights, added: Bool[Tensor, "n 1 1 1"]) -> Images:
    """Weight two batches about grey and add them where `added`, else multiply powers of them; clamp to [0, 1]."""
    import torch

    total = (a * (2 * first - 1) + b * (2 * second - 1) + 1) / 2
    # A negative power of zero would be infinite, and times zero no number.
    least = max(1e-37, torch.finfo(first.dtype).tiny)
    product = ((2 * first).log() * a + (2 * second).clamp_min(least).log() * b).exp() / 2
    return torch.where(added, total, product).clamp(0, 1)
