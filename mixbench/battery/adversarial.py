"""White-box and black-box FGSM and I-FGSM, their curves, and whether the attack is to be believed; batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor, nn

from mixbench.battery.attack import ATTACKS, attacking, check_images, fgsm, perturb_by
from mixbench.battery.subject import Outcomes, Subject, joined, judge, wrong
from mixbench.battery.views import Images, Labels, MarginView, PlainView, Start, Watch, margin, start_of, watched_logits
from mixbench.data.split import Split
from mixbench.results.attacks import CORE, attacks_in
from mixbench.spec.kinds import PIXELS, Bounds
from mixbench.training.predict import examples_of

Bits = Bool[Tensor, " n"]


@dataclass(frozen=True)
class Look:
    """What one forward pass on unchanged images tells all attacks: where they start, and who is saturated, has no
    gradient by plain cross-entropy, or not even one of the margin (stuck)."""

    images: Images
    labels: Labels
    margins: Start
    plain: Start
    saturated: Bits
    zero: Bits
    stuck: Bits


def look(model: nn.Module, images: Images, labels: Labels, bounds: Bounds = PIXELS) -> Look:
    """Look at a batch; AttackError for images outside their bounds and for gradients that are none."""
    check_images(images, bounds)
    with attacking(model):
        images, labels, watch = images.clone().requires_grad_(), labels.clone(), Watch(images.device)
        logits = watched_logits(model, images, watch)
        margins = start_of(MarginView(model, labels), images, logits)
        plain = start_of(PlainView(model, labels), images, logits)
        stuck = _without(margins.gradient, images, lambda: margin(logits, labels).sum())
        zero = _without(plain.gradient, images, lambda: nn.functional.cross_entropy(logits, labels, reduction="sum"))
        watch.check()
    true = logits.detach().softmax(1).gather(1, labels[:, None]).squeeze(1)
    return Look(images.detach(), labels, margins, plain, true == 1, zero, stuck)


def _without(mean: Images, images: Images, loss: Callable[[], Tensor]) -> Bits:
    """Which images have no gradient of a sum; that of the mean is at hand, but small ones may have vanished in it."""
    none = _is_zero(mean)
    if not bool(none.any()):
        return none
    return _is_zero(torch.autograd.grad(loss(), images, retain_graph=True)[0])


def _is_zero(gradient: Images) -> Bits:
    return (gradient == 0).flatten(1).all(1)


def transfer_examples(
    surrogate: nn.Module, images: Images, labels: Labels, eps: float, bounds: Bounds = PIXELS
) -> dict[str, Images]:
    """Return the surrogate's adversarial examples of a batch by attack, for black-box evaluation; ε in pixels."""
    check_images(images, bounds)
    made = [row.name for row in attacks_in(CORE) if "black" in row.boxes]
    with attacking(surrogate):
        pixels, labels, watch = images.clone().requires_grad_(), labels.clone(), Watch(images.device)
        logits = watched_logits(surrogate, pixels, watch)
        start = start_of(MarginView(surrogate, labels), pixels, logits)
        watch.check()
        images = pixels.detach()
        perturb = perturb_by(bounds)
        return {name: perturb(surrogate, images, labels, ATTACKS[name], eps, start=start) for name in made}


def white_box(subject: Subject, seen: Look, eps: float) -> Outcomes:
    """Return the outcomes of the battery's attacks on the subject itself; ε in pixels."""
    examples = {row.name: _attacked(subject, seen, row.name, eps) for row in attacks_in(CORE)}
    return _outcomes(subject, examples, seen.labels, "white")


def eps_curves(
    subject: Subject, seen: Look, eps: Sequence[float], known: dict[str, dict[float, np.ndarray]]
) -> Outcomes:
    """Return which examples (E, N) are predicted wrongly after each white-box attack at each ε.

    `known` has the attacks and, by ε, the answers (N,) that are there already.
    """
    curves = {}
    for name in known:
        points = [
            known[name][each] if each in known[name]
            else wrong(subject.logits(_attacked(subject, seen, name, each)), seen.labels)
            for each in eps
        ]  # fmt: skip
        curves[f"curve.{name}.white.wrong"] = np.stack(points)
    return curves


def black_box(subject: Subject, examples: dict[str, Images], labels: Labels) -> Outcomes:
    """Return the outcomes on a surrogate's adversarial examples."""
    return _outcomes(subject, examples, labels, "black")


def diagnostics(subject: Subject, seen: Look, eps: float) -> Outcomes:
    """Return FGSM's outcomes by plain float32 cross-entropy, and who is saturated, has no gradient or is stuck."""
    with attacking(subject.model):
        perturb = perturb_by(subject.kind.bounds)
        plain = perturb(subject.model, seen.images, seen.labels, fgsm, eps, PlainView, seen.plain)
    bits = {"saturated": seen.saturated, "zero_gradient": seen.zero, "stuck": seen.stuck}
    outcomes = {f"fgsm.plain.{name}": values for name, values in judge(subject, plain, seen.labels).items()}
    return {**outcomes, **{name: values.cpu().numpy() for name, values in bits.items()}}


def group_outcomes(subject: Subject, test: Split, eps: float, group: str) -> Outcomes:
    """Return the outcomes of an optional group's attacks on the subject itself, over a whole split; ε in pixels."""
    outcomes = {}
    for row in attacks_in(group):
        # One stream of randomness goes through all of an attack's batches.
        with attacking(subject.model):
            parts = [
                _outcomes(subject, {row.name: _made(subject, row.name, images, labels, eps)}, labels, "white")
                for _, images, labels in examples_of(test)
            ]
        outcomes |= joined(parts)
    return outcomes


def _made(subject: Subject, name: str, images: Images, labels: Labels, eps: float) -> Images:
    check_images(images, subject.kind.bounds)
    return perturb_by(subject.kind.bounds)(subject.model, images, labels, ATTACKS[name], eps)


def _attacked(subject: Subject, seen: Look, name: str, eps: float) -> Images:
    with attacking(subject.model):
        perturb = perturb_by(subject.kind.bounds)
        return perturb(subject.model, seen.images, seen.labels, ATTACKS[name], eps, start=seen.margins)


def _outcomes(subject: Subject, examples: dict[str, Images], labels: Labels, box: str) -> Outcomes:
    return {
        f"{attack}.{box}.{name}": values
        for attack, images in examples.items()
        for name, values in judge(subject, images, labels).items()
    }
