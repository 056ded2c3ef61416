"""ShakeDrop's scaling of a residual branch, one factor forwards and another backwards; needs torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Shake(nn.Module):
    """The end of a residual branch F: (b + α − bα)F forwards, (b + β − bβ) times the gradient backwards.

    Yamada et al., ShakeDrop Regularization for Deep Residual Learning, 2019, §3. In evaluation F is multiplied by the
    forward factor's expectation, which is `survival`, since α has mean 0.
    """

    def __init__(self, survival: float) -> None:
        super().__init__()
        self.survival = survival

    def forward(self, branch: Tensor) -> Tensor:
        """Scale a branch (N, …) in training by draws from torch's global generator, b for all, α and β per image."""
        if not self.training:
            return branch * self.survival
        # Drawn on the CPU, so that a GPU's training is shaken by the same factors.
        kept = bool(torch.rand(()) < self.survival)
        alpha, beta = torch.rand(2, len(branch))
        if kept:
            return branch
        shape = (-1, *(1,) * (branch.ndim - 1))
        forwards, backwards = (draw.to(branch).reshape(shape) for draw in (2 * alpha - 1, beta))
        return _Scale.apply(branch, forwards, backwards)  # pyright: ignore[reportReturnType]

    def extra_repr(self) -> str:
        """Show the survival in the model's print."""
        return f"survival={self.survival:g}"


class _Scale(torch.autograd.Function):
    """One factor forwards, another backwards."""

    @staticmethod
    def forward(ctx: Any, branch: Tensor, forwards: Tensor, backwards: Tensor) -> Tensor:
        ctx.save_for_backward(backwards)
        return branch * forwards

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (backwards,) = ctx.saved_tensors
        return gradients[0] * backwards, None, None
