"""The model-level battery for any torch module, in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import ValidationError
from torch import Tensor, nn

from mixbench.battery.adversarial import transfer_examples
from mixbench.battery.battery import examine, examine_group
from mixbench.battery.subject import Subject, softmax_link
from mixbench.data.split import Split
from mixbench.results.arrays import compact
from mixbench.results.attacks import check_groups
from mixbench.results.curves import curves_of
from mixbench.results.flags import flags_of
from mixbench.results.measures import read
from mixbench.results.readings import Reading
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.ranges import to_shares
from mixbench.spec.sections import Battery
from mixbench.torch_state import evaluation_mode
from mixbench.training.predict import logits_of

FEWEST = 2
"""Images that temperature scaling needs, one a half."""


@dataclass(frozen=True)
class Evaluation:
    """What a record holds of a model: readings by measure, curves, flags and per-example outcomes."""

    readings: dict[str, Reading]
    curves: dict[str, dict[str, list[float]]]
    flags: list[str]
    outcomes: dict[str, np.ndarray]


def evaluate(
    model: nn.Module,
    images: Float[Tensor, "n c h w"],
    labels: Int[Tensor, " n"],
    *,
    eps: float = 4 / 255,
    eps_curve: Sequence[float] | None = None,
    surrogate: nn.Module | None = None,
    train: tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]] | None = None,
    pairs: int = 500,
    log_probabilities: Callable[[Tensor], Tensor] = softmax_link,
    also: Sequence[str] = (),
) -> Evaluation:
    """Run the model-level battery on any torch module from pixels to logits, normalisation inside it.

    images (N, C, H, W) float32 in [0, 1] and true labels (N,), on the model's device; ε in pixels. Black-box measures
    come with a `surrogate`, in-between ones with training images and labels, those of an optional group where it is
    named in `also`. The model's modes are left as they were. MixBenchError for labels, pixels or logits that are out
    of bounds and for unknown groups; `mixbench list measures` says what each measure is.
    """
    with torch.inference_mode(False):
        # Tensors made under inference mode have no gradients; copies made outside it do.
        images, labels = images.clone(), _checked_labels(images, labels).clone()
        subject, groups = Subject(model, log_probabilities), check_groups(also)
        return _evaluate(subject, images, labels, eps, eps_curve, surrogate, train, pairs, groups)


def _evaluate(
    subject: Subject,
    images: Tensor,
    labels: Tensor,
    eps: float,
    eps_curve: Sequence[float] | None,
    surrogate: nn.Module | None,
    train: tuple[Tensor, Tensor] | None,
    pairs: int,
    groups: Sequence[str],
) -> Evaluation:
    curve = [0.0, eps / 2, eps, min(2 * eps, 1.0)] if eps_curve is None else [float(each) for each in eps_curve]
    settings = _settings(eps=float(eps), eps_curve=curve, pairs=pairs)
    for name, each in (("model", subject.model), ("surrogate", surrogate)):
        if each is not None:
            _check_classes(name, each, images, labels)
    transfer = transfer_examples(surrogate, images, labels, eps) if surrogate is not None else None
    split = _split(subject.model, images, *train) if train is not None else None
    found = examine(subject, images, labels, settings, "evaluate", transfer, split)
    for group in groups:
        found |= examine_group(subject, images, labels, settings, group)
    outcomes = compact(found)
    return Evaluation(read(outcomes), curves_of(outcomes, settings.eps_curve), flags_of(outcomes), outcomes)


def _settings(**settings: object) -> Battery:
    try:
        return Battery.model_validate(settings)
    except ValidationError as error:
        raise MixBenchError(f"evaluate: {explain(error)}") from None


def _checked_labels(images: Tensor, labels: Tensor) -> Tensor:
    if images.ndim != 4 or len(images) < FEWEST:
        raise MixBenchError(f"images: needed shape (N, C, H, W) with N of at least {FEWEST}, got {tuple(images.shape)}")
    if images.dtype != torch.float32:
        raise MixBenchError(f"images: needed float32 in [0, 1], got {images.dtype}{_advice(images)}")
    if not bool(((images >= 0) & (images <= 1)).all()):
        raise MixBenchError(f"images: needed pixels in [0, 1], got them{_advice(images)}")
    if labels.shape != images.shape[:1] or labels.is_floating_point() or labels.dtype == torch.bool:
        raise MixBenchError(f"labels: needed {len(images)} integers, got shape {tuple(labels.shape)} of {labels.dtype}")
    return labels.long()


def _advice(images: Tensor) -> str:
    if images.is_complex() or not images.numel():
        return "; give them as floats"
    low, high = float(images.min()), float(images.max())
    return f" from {low:g} to {high:g}; {to_shares(low, high, images.is_floating_point())}"


def _check_classes(name: str, model: nn.Module, images: Tensor, labels: Tensor) -> None:
    with evaluation_mode(model):
        classes = logits_of(model, images[:1]).shape[1]
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise MixBenchError(
            f"labels: needed 0 to {classes - 1}, the {name}'s classes, got {int(labels.min())} to {int(labels.max())}"
        )


def _split(model: nn.Module, like: Tensor, images: Tensor, labels: Tensor) -> Split:
    labels = _checked_labels(images, labels)
    if images.shape[1:] != like.shape[1:]:
        raise MixBenchError(
            f"training images: needed shape {tuple(like.shape[1:])} each, got {tuple(images.shape[1:])}; resize them"
        )
    _check_classes("model", model, images, labels)
    return Split(images.clone(), labels.clone(), white=1)
