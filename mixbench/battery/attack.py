"""The attack adapter: the only import of torchattacks, with a check around every call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torchattacks
from jaxtyping import Float, Int
from torch import Tensor, nn
from torchattacks.attack import Attack

from mixbench.spec.errors import MixBenchError
from mixbench.spec.ranges import to_shares
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.torch_state import evaluation_mode, library_randomness, modes
from mixbench.training.predict import as_logits, batches

Images = Float[Tensor, "n c h w"]
Labels = Int[Tensor, " n"]

TOLERANCE = 1e-6
STEPS = 10


class AttackError(MixBenchError):
    """An attack that did not do what it must, or a model or images that cannot be attacked."""


class View(Protocol):
    """A model as an attack sees it, and the targets against which its outputs' cross-entropy is ascended."""

    targets: Tensor

    def eval(self) -> nn.Module:
        """Put the view into evaluation mode."""
        ...

    def __call__(self, images: Tensor) -> Tensor:
        """Return outputs for images (N, C, H, W)."""
        ...


class MarginView(nn.Module):
    """Two outputs whose cross-entropy against target 0 ascends the margin and never saturates.

    m = logsumexp over j≠y of z_j, minus z_y, in float64; the outputs are (−m/s, 0) with s = |m| detached, at least 1.
    """

    def __init__(self, model: nn.Module, labels: Labels) -> None:
        super().__init__()
        # torchattacks takes the device of the first parameter; a model need not have one.
        self.anchor = nn.Parameter(torch.empty(0, device=labels.device))
        self.model = model
        self.labels = labels
        self.targets = torch.zeros_like(labels)

    def forward(self, images: Images) -> Float[Tensor, "n 2"]:
        """Return (−m/s, 0)."""
        m = margin(_logits(self.model, images), self.labels)
        scale = m.detach().abs().clamp(min=1)
        return torch.stack([-m / scale, torch.zeros_like(m)], dim=1)


class PlainView(nn.Module):
    """The logits themselves, attacked by float32 cross-entropy as papers do."""

    def __init__(self, model: nn.Module, labels: Labels) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.empty(0, device=labels.device))
        self.model = model
        self.targets = labels

    def forward(self, images: Images) -> Float[Tensor, "n k"]:
        """Return the logits."""
        return _logits(self.model, images)


def _logits(model: nn.Module, images: Images) -> Float[Tensor, "n k"]:
    """The logits, whose gradient to the pixels is refused where it is not a number: its sign would be 0."""
    logits = as_logits(model(images))
    if images.requires_grad:
        if not logits.requires_grad:
            raise AttackError("attack: needed logits with a gradient to the pixels, got none; is the model detached?")
        images.register_hook(check_gradient)
    return logits


def check_gradient(gradient: Tensor) -> None:
    """Refuse a gradient that is not a number; AttackError."""
    if not bool(gradient.isfinite().all()):
        raise AttackError("attack: needed a finite gradient to the pixels, got NaN or infinity; the model is unsound")


def margin(logits: Float[Tensor, "n k"], labels: Labels) -> Float[Tensor, " n"]:
    """Return logsumexp over j≠y of z_j, minus z_y, in float64; above 0 means a wrong prediction is likelier."""
    logits = logits.double()
    true = logits.gather(1, labels[:, None])
    return logits.scatter(1, labels[:, None], -torch.inf).logsumexp(1) - true.squeeze(1)


class OrderedView(MarginView):
    """The margin compressed, for attacks that compare values and not only gradients: any wrong prediction is more than
    any right one, then the larger margin.

    The outputs are (c − g, 0) against target 0, with g = asinh(m)/20 and c = 2 where the prediction is right, else 0:
    small enough that neither value nor gradient is lost in rounding.
    """

    def forward(self, images: Images) -> Float[Tensor, "n 2"]:
        """Return (c − g, 0)."""
        logits = _logits(self.model, images)
        m = margin(logits, self.labels)
        right = (logits.argmax(1) == self.labels).double()
        return torch.stack([2 * right - m.asinh() / 20, torch.zeros_like(m)], dim=1)


Make = Callable[[nn.Module, float], Attack]
MakeView = Callable[[nn.Module, Tensor], MarginView | PlainView]


ATTACKS: dict[str, Make] = {}
"""The functions of the table of attacks (results/attacks.py), by their name in it."""


def attack(make: Make) -> Make:
    """Put a function under its own name among the attacks."""
    ATTACKS[make.__name__] = make
    return make


@attack
def fgsm(view: nn.Module, eps: float) -> Attack:
    """One step of ε along the gradient's sign. Goodfellow et al., 2015."""
    return torchattacks.FGSM(view, eps=eps)


@attack
def ifgsm(view: nn.Module, eps: float) -> Attack:
    """10 steps of ε/10 without random start, projected on the ε-ball and [0, 1]. Kurakin et al., 2017."""
    return torchattacks.BIM(view, eps=eps, alpha=eps / STEPS, steps=STEPS)


class _BestIterate(torchattacks.APGD):
    """APGD on every image, which returns the iterate of the largest loss and not the clean image where it failed."""

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        return self.attack_single_run(images, labels)[0]


@attack
def apgd(view: nn.Module, eps: float) -> Attack:
    """APGD, ℓ∞, 50 steps from one random start. Croce & Hein, Reliable Evaluation of Adversarial Robustness, 2020.

    Its largest loss is a wrong prediction wherever any iterate is one, as AutoAttack counts.
    """
    if not isinstance(view, MarginView):
        raise TypeError(f"apgd: needed a MarginView, got {type(view).__name__}")
    return _BestIterate(OrderedView(view.model, view.labels).eval(), eps=eps, steps=50)


def perturb(
    model: nn.Module, images: Images, labels: Labels, make: Make, eps: float, view: MakeView = MarginView
) -> Images:
    """Return adversarial versions of images (N, C, H, W) float32 in [0, 1] for true labels (N,), ε in pixels.

    AttackError for images outside [0, 1] or not float32, and for an attack that leaves the ε-ball or [0, 1], returns
    NaN, or changes a module's mode. Every mode is as before afterwards, whatever happens.
    """
    _check_images(images)
    fork = library_randomness(stream(SUITE_SEED, "attack"))
    with evaluation_mode(model), fork, torch.inference_mode(False), torch.enable_grad():
        images, labels = images.clone(), labels.clone()
        parts = [_checked(model, images[part], labels[part], make, eps, view) for part in batches(len(images))]
    return torch.cat(parts)


def _checked(model: nn.Module, images: Tensor, labels: Tensor, make: Make, eps: float, view: MakeView) -> Tensor:
    before = modes(model)
    seen = view(model, labels).eval()
    adversarial = make(seen, eps)(images, seen.targets).detach()
    changed = [name or "the model" for name, mode in modes(model).items() if mode != before[name]]
    if changed:
        raise AttackError(
            f"attack: needed every module's mode as before, got {changed[0]} changed; the attack is unsound"
        )
    _check_adversarial(images, adversarial, eps)
    return adversarial


def _check_images(images: Tensor) -> None:
    if images.dtype != torch.float32:
        raise AttackError(f"attack: needed float32 images, got {images.dtype}; {_advice(images)}")
    if not bool(((images >= 0) & (images <= 1)).all()):
        low, high = float(images.min()), float(images.max())
        raise AttackError(f"attack: needed pixels in [0, 1], got {low:g} to {high:g}; {_advice(images)}")


def _advice(images: Tensor) -> str:
    return to_shares(float(images.min()), float(images.max()), images.is_floating_point())


def _check_adversarial(images: Tensor, adversarial: Tensor, eps: float) -> None:
    if adversarial.shape != images.shape or adversarial.dtype != images.dtype:
        raise AttackError(
            f"attack: needed {tuple(images.shape)} float32, got {tuple(adversarial.shape)} {adversarial.dtype}"
        )
    if not bool(adversarial.isfinite().all()):
        raise AttackError(
            "attack: needed numbers, got NaN or infinity in adversarial pixels; does the model return NaN?"
        )
    if not bool(((adversarial >= 0) & (adversarial <= 1)).all()):
        raise AttackError(f"attack: needed adversarial pixels in [0, 1], got {float(adversarial.min()):g} to"
                          f" {float(adversarial.max()):g}; the attack is unsound")  # fmt: skip
    reach = float((adversarial - images).abs().max())
    if reach > eps + TOLERANCE:
        raise AttackError(f"attack: needed a perturbation of at most {eps:g}, got {reach:g}; the attack is unsound")
