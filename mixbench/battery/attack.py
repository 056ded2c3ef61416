"""The attack adapter: the only import of torchattacks, with a check around every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
import torchattacks
from torch import Tensor, nn
from torchattacks.attack import Attack

from mixbench.battery.views import AttackError, Images, Labels, MakeView, MarginView, OrderedView, Start
from mixbench.spec.kinds import PIXELS, Bounds
from mixbench.spec.ranges import to_shares
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.torch_state import evaluation_mode, library_randomness, modes

TOLERANCE = 1e-6
STEPS = 10

Make = Callable[[nn.Module, float], Attack]

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
    return _BestIterate(OrderedView(view.model, view.labels, watch=view.watch).eval(), eps=eps, steps=50)


FROM_THE_IMAGES = {fgsm, ifgsm}
"""The attacks whose first step is along the gradient at the images themselves, which a start knows."""


@contextmanager
def attacking(model: nn.Module) -> Iterator[None]:
    """Let a model be attacked inside; modes and torch's generators are as before afterwards, whatever happens."""
    fork = library_randomness(stream(SUITE_SEED, "attack"))
    with evaluation_mode(model), fork, torch.inference_mode(False), torch.enable_grad():
        yield


def perturb_batch(
    model: nn.Module,
    images: Images,
    labels: Labels,
    make: Make,
    eps: float,
    view: MakeView = MarginView,
    start: Start | None = None,
) -> Images:
    """Return adversarial versions of a batch (N, C, H, W) float32 in [0, 1] for true labels (N,), ε in pixels.

    Inside `attacking`; the view's `start` at these images saves the first step's passes.

    AttackError for an attack that leaves the ε-ball or [0, 1], returns NaN, or changes a module's mode, and for a model
    whose gradient is none.
    """
    before = modes(model)
    seen = view(model, labels, start if make in FROM_THE_IMAGES else None).eval()
    adversarial = make(seen, eps)(images, seen.targets).detach()
    changed = [name or "the model" for name, mode in modes(model).items() if mode != before[name]]
    if changed:
        raise AttackError(
            f"attack: needed every module's mode as before, got {changed[0]} changed; the attack is unsound"
        )
    seen.check()
    _check_adversarial(images, adversarial, eps)
    return adversarial


class _Around(nn.Module):
    """A model of values without bounds, as one of shares in [0, 1] that say where in each ε-ball it is asked."""

    def __init__(self, model: nn.Module, images: Images, eps: float) -> None:
        super().__init__()
        self.model, self.images, self.eps = model, images, eps

    def forward(self, shares: Images) -> Tensor:
        """Ask the model."""
        return self.model(self.at(shares))

    def at(self, shares: Images) -> Images:
        """Return the values; 0.5 stands for the centre, itself."""
        return self.images + (shares - 0.5) * (2 * self.eps)


def perturb_unbounded(
    model: nn.Module,
    images: Images,
    labels: Labels,
    make: Make,
    eps: float,
    view: MakeView = MarginView,
    start: Start | None = None,
) -> Images:
    """Do as perturb_batch for values that have no bounds, where the ε-ball is the box that the attack stays in."""
    around, centre = _Around(model, images, eps).eval(), torch.full_like(images, 0.5)
    known = start and replace(start, images=centre, gradient=start.gradient * (2 * eps))
    return around.at(perturb_batch(around, centre, labels, make, 0.5, view, known))


def perturb_by(bounds: Bounds) -> Callable[..., Images]:
    """Return what perturbs a batch of values that lie within bounds."""
    return perturb_batch if bounds == PIXELS else perturb_unbounded


def check_images(images: Tensor, bounds: Bounds = PIXELS) -> None:
    """Refuse, with AttackError, images that are not float32, outside [0, 1], or other values outside their bounds."""
    if images.dtype != torch.float32:
        raise AttackError(f"attack: needed float32 images, got {images.dtype}; {_advice(images)}")
    if not bool(((images >= bounds[0]) & (images <= bounds[1])).all()):
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
