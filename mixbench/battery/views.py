"""A model as an attack sees it: the outputs whose cross-entropy it ascends, and what it finds where it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.training.predict import as_logits

Images = Float[Tensor, "n c h w"]
Labels = Int[Tensor, " n"]


class AttackError(MixBenchError):
    """An attack that did not do what it must, or a model or images that cannot be attacked."""


class Watch:
    """Remembers whether every gradient was a number, so that the device is asked once and not at every step."""

    def __init__(self, device: torch.device) -> None:
        self._finite = torch.ones((), dtype=torch.bool, device=device)

    def see(self, gradient: Tensor) -> None:
        """Look at a gradient."""
        self._finite = self._finite & gradient.isfinite().all()

    def check(self) -> None:
        """Refuse, with AttackError, what was no number: its sign would be 0."""
        if not bool(self._finite):
            raise AttackError(
                "attack: needed a finite gradient to the pixels, got NaN or infinity; the model is unsound"
            )


@dataclass(frozen=True)
class Start:
    """What a view shows of some images: its outputs, and to the pixels the gradient of their mean cross-entropy."""

    images: Images
    outputs: Tensor
    gradient: Images


class View(nn.Module):
    """A model's outputs, whose cross-entropy against `targets` is ascended; `watch` sees the gradients.

    With a `start` the first look, which is to be at its images, takes outputs and gradient from there.
    """

    targets: Tensor

    def __init__(
        self, model: nn.Module, labels: Labels, start: Start | None = None, watch: Watch | None = None
    ) -> None:
        super().__init__()
        # torchattacks takes the device of the first parameter; a model need not have one.
        self.anchor = nn.Parameter(torch.empty(0, device=labels.device))
        self.model = model
        self.labels = labels
        self.start = start
        self.watch = watch or Watch(labels.device)
        self.first: Tensor | None = None

    def forward(self, images: Images) -> Tensor:
        """Return the outputs on images."""
        is_first, self.first = self.first is None, images if self.first is None else self.first
        if self.start is not None and is_first:
            return _Known.apply(images, self.start)  # pyright: ignore[reportReturnType]
        return self.outputs(watched_logits(self.model, images, self.watch))

    def outputs(self, logits: Float[Tensor, "n k"]) -> Tensor:
        """Return what is shown of logits."""
        raise NotImplementedError

    def check(self) -> None:
        """Refuse, with AttackError, gradients that were no numbers and a first look elsewhere than at the start."""
        self.watch.check()
        if self.start is not None and (self.first is None or not torch.equal(self.first, self.start.images)):
            raise AttackError("attack: needed a first step from the images themselves, got another; give it no start")


MakeView = Callable[[nn.Module, Tensor, Start | None], View]
"""Makes a view of a model, from labels and a start."""


class MarginView(View):
    """Two outputs whose cross-entropy against target 0 ascends the margin and never saturates.

    m = logsumexp over j≠y of z_j, minus z_y, in float64; the outputs are (−m/s, 0) with s = |m| detached, at least 1.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.targets = torch.zeros_like(self.labels)

    def outputs(self, logits: Float[Tensor, "n k"]) -> Float[Tensor, "n 2"]:
        """Return (−m/s, 0)."""
        m = margin(logits, self.labels)
        scale = m.detach().abs().clamp(min=1)
        return torch.stack([-m / scale, torch.zeros_like(m)], dim=1)


class OrderedView(MarginView):
    """The margin compressed, for attacks that compare values and not only gradients: any wrong prediction is more than
    any right one, then the larger margin.

    The outputs are (c − g, 0) against target 0, with g = asinh(m)/20 and c = 2 where the prediction is right, else 0:
    small enough that neither value nor gradient is lost in rounding.
    """

    def outputs(self, logits: Float[Tensor, "n k"]) -> Float[Tensor, "n 2"]:
        """Return (c − g, 0)."""
        m = margin(logits, self.labels)
        right = (logits.argmax(1) == self.labels).double()
        return torch.stack([2 * right - m.asinh() / 20, torch.zeros_like(m)], dim=1)


class PlainView(View):
    """The logits themselves, attacked by float32 cross-entropy as papers do."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.targets = self.labels

    def outputs(self, logits: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
        """Return the logits."""
        return logits


def margin(logits: Float[Tensor, "n k"], labels: Labels) -> Float[Tensor, " n"]:
    """Return logsumexp over j≠y of z_j, minus z_y, in float64; above 0 means a wrong prediction is likelier."""
    logits = logits.double()
    true = logits.gather(1, labels[:, None])
    return logits.scatter(1, labels[:, None], -torch.inf).logsumexp(1) - true.squeeze(1)


def watched_logits(model: nn.Module, images: Images, watch: Watch) -> Float[Tensor, "n k"]:
    """Return the logits, whose gradients to the pixels are watched; AttackError where there can be none."""
    logits = as_logits(model(images))
    if images.requires_grad:
        if not logits.requires_grad:
            raise AttackError("attack: needed logits with a gradient to the pixels, got none; is the model detached?")
        images.register_hook(watch.see)
    return logits


def start_of(view: View, images: Images, logits: Float[Tensor, "n k"]) -> Start:
    """Return a view's start at images from their logits, whose graph is kept for further gradients."""
    outputs = view.outputs(logits)
    cost = nn.functional.cross_entropy(outputs, view.targets)
    return Start(images.detach(), outputs.detach(), torch.autograd.grad(cost, images, retain_graph=True)[0])


class _Known(torch.autograd.Function):
    """A start's outputs, as if its images had gone through the model just now."""

    @staticmethod
    def forward(ctx: Any, images: Images, start: Start) -> Tensor:  # noqa: ARG004 - backward is to it
        ctx.start = start
        return start.outputs.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Images, None]:  # noqa: ARG004 - the same as at the start
        return ctx.start.gradient, None
