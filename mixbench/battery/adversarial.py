"""White-box and black-box FGSM and I-FGSM, their curves, and whether the attack is to be believed."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from mixbench.battery.attack import ATTACKS, PlainView, check_gradient, fgsm, margin, perturb
from mixbench.battery.subject import Subject, judge, rank
from mixbench.results.attacks import CORE, attacks_in
from mixbench.training.predict import batches

Images = Float[Tensor, "n c h w"]
Labels = Int[Tensor, " n"]
Bits = Bool[Tensor, " n"]


def transfer_examples(surrogate: nn.Module, images: Images, labels: Labels, eps: float) -> dict[str, Images]:
    """Return the surrogate's adversarial examples by attack, for black-box evaluation; ε in pixels."""
    made = [row.name for row in attacks_in(CORE) if "black" in row.boxes]
    return {name: perturb(surrogate, images, labels, ATTACKS[name], eps) for name in made}


def white_box(subject: Subject, images: Images, labels: Labels, eps: float, group: str = CORE) -> dict[str, np.ndarray]:
    """Return the outcomes of a group's attacks on the subject itself; ε in pixels."""
    names = [row.name for row in attacks_in(group)]
    examples = {name: perturb(subject.model, images, labels, ATTACKS[name], eps) for name in names}
    return _outcomes(subject, examples, labels, "white")


def black_box(subject: Subject, examples: dict[str, Images], labels: Labels) -> dict[str, np.ndarray]:
    """Return the outcomes on a surrogate's adversarial examples."""
    return _outcomes(subject, examples, labels, "black")


def eps_curves(
    subject: Subject,
    images: Images,
    labels: Labels,
    eps: list[float],
    known: dict[str, dict[float, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Return which examples (E, N) are predicted wrongly after each white-box attack at each ε.

    `known` has the attacks and, by ε, the answers (N,) that are there already.
    """
    curves = {}
    for name in known:
        wrong = [
            known[name][each] if each in known[name]
            else _wrong(subject, perturb(subject.model, images, labels, ATTACKS[name], each), labels)
            for each in eps
        ]  # fmt: skip
        curves[f"curve.{name}.white.wrong"] = np.stack(wrong)
    return curves


def diagnostics(subject: Subject, images: Images, labels: Labels, eps: float) -> dict[str, np.ndarray]:
    """Return FGSM's outcomes by plain float32 cross-entropy, and who is saturated, has no gradient, or not even one of
    the margin (stuck)."""
    plain = perturb(subject.model, images, labels, fgsm, eps, PlainView)
    parts = [_plain_gradient(subject.model, images[part], labels[part]) for part in batches(len(images))]
    saturated, zero, stuck = (torch.cat(bits).cpu().numpy() for bits in zip(*parts, strict=True))
    outcomes = {f"fgsm.plain.{name}": values for name, values in judge(subject, plain, labels).items()}
    return {**outcomes, "saturated": saturated, "zero_gradient": zero, "stuck": stuck}


def _outcomes(subject: Subject, examples: dict[str, Tensor], labels: Tensor, box: str) -> dict[str, np.ndarray]:
    return {
        f"{attack}.{box}.{name}": values
        for attack, images in examples.items()
        for name, values in judge(subject, images, labels).items()
    }


def _wrong(subject: Subject, images: Tensor, labels: Tensor) -> np.ndarray:
    return (rank(subject.logits(images), labels) > 1).cpu().numpy()


def _plain_gradient(model: nn.Module, images: Images, labels: Labels) -> tuple[Bits, Bits, Bits]:
    images = images.clone().requires_grad_()
    with torch.enable_grad():
        logits = model(images).float()
        loss = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
        zero = _is_zero(torch.autograd.grad(loss, images, retain_graph=True)[0])
        stuck = _is_zero(torch.autograd.grad(margin(logits, labels).sum(), images)[0])
    true = logits.detach().softmax(1).gather(1, labels[:, None]).squeeze(1)
    return true == 1, zero, stuck


def _is_zero(gradient: Images) -> Bits:
    check_gradient(gradient)
    return (gradient == 0).flatten(1).all(1)
