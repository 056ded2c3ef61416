"""Tempered logarithm, exponential and softmax, safe in float32, with exact gradients."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

STEPS = 12
"""Newton steps of the normalisation; for 0.5 ≤ t ≤ 4 and up to 1,000 classes 7 are enough for 1e-6."""


def log_tempered(log_u: Tensor, t: float) -> Tensor:
    """Return log_t(u) = (u^(1−t) − 1)/(1−t) of log u; log u itself for t = 1."""
    return log_u if t == 1 else torch.expm1((1 - t) * log_u) / (1 - t)


def log_exp_tempered(x: Tensor, t: float) -> Tensor:
    """Return log exp_t(x) = log max(0, 1 + (1−t)x)/(1−t), finite also where exp_t is 0; x itself for t = 1."""
    if t == 1:
        return x
    tail = (1 - t) * x
    base = (1 + tail).clamp_min(torch.finfo(x.dtype).tiny)
    return torch.where(tail > -0.5, tail.clamp_min(-0.5).log1p(), base.log()) / (1 - t)


def log_tempered_softmax(logits: Float[Tensor, "n k"], t: float) -> Float[Tensor, "n k"]:
    """Return the log-probabilities exp_t(a − λ), λ such that they sum to 1; at least float32.

    Amid et al., Robust Bi-Tempered Logistic Loss Based on Bregman Divergences, 2019, §3 and Appendix A.
    """
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    shifted = logits - logits.amax(dim=1, keepdim=True).detach()
    return log_exp_tempered(shifted - _Normaliser.apply(shifted, t), t)


def bi_tempered(log_p: Float[Tensor, "n k"], targets: Float[Tensor, "n k"], t1: float) -> Float[Tensor, " n"]:
    """Return the Bregman divergence by log_t1 of log-probabilities from targets that sum to 1, one an example.

    Amid et al., 2019, §4: Σ y(log_t1 y − log_t1 p) − (y^(2−t1) − p^(2−t1))/(2−t1).
    """
    own = torch.xlogy(targets, targets) if t1 == 1 else targets * log_tempered(targets.log(), t1)
    excess = (targets ** (2 - t1) - ((2 - t1) * log_p).exp()) / (2 - t1)
    return (own - targets * log_tempered(log_p, t1) - excess).sum(dim=1)


class _Normaliser(torch.autograd.Function):
    """λ (N, 1) of logits (N, K) whose maximum is 0; its gradient is the escort distribution p^t/Σp^t."""

    @staticmethod
    def forward(ctx: Any, shifted: Tensor, t: float) -> Tensor:
        # Newton on log_t(Σ exp_t(a − λ)), which is concave for t > 1, convex for t < 1 and a straight line for equal
        # logits: from λ = max a it climbs to the root without overshooting, and needs no look at the residual.
        normaliser = torch.zeros_like(shifted[:, :1])
        for _ in range(STEPS):
            log_p = log_exp_tempered(shifted - normaliser, t)
            log_sum = log_p.logsumexp(dim=1, keepdim=True)
            slope = (t * (log_p - log_sum)).exp().sum(dim=1, keepdim=True)
            normaliser = normaliser + log_tempered(log_sum, t) / slope
        ctx.t = t
        ctx.save_for_backward(shifted, normaliser)
        return normaliser

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        shifted, normaliser = ctx.saved_tensors
        return gradients[0] * (ctx.t * log_exp_tempered(shifted - normaliser, ctx.t)).softmax(dim=1), None
