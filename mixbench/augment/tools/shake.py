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

    def __init__(self, survival: float, per_element: bool = True) -> None:
        super().__init__()
        self.survival, self.per_element = survival, per_element

    def forward(self, branch: Tensor) -> Tensor:
        """Scale a branch (N, …) in training by draws from torch's global generators.

        b is one draw for all, from the CPU's; α and β are draws for each image or element, from the branch's device.
        """
        if not self.training:
            return branch * self.survival
        if bool(torch.rand(()) < self.survival):
            return branch
        shape = branch.shape if self.per_element else (len(branch), *(1,) * (branch.ndim - 1))
        alpha, beta = torch.rand(2, *shape, device=branch.device).to(branch.dtype)
        return _Scale.apply(branch, 2 * alpha - 1, beta)  # pyright: ignore[reportReturnType]

    def extra_repr(self) -> str:
        """Show the survival in the model's print."""
        return f"survival={self.survival:g}, per_element={self.per_element}"


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
