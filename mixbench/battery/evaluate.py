"""The model-level battery for any torch module, in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mixbench.battery.adversarial import transfer_examples
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject, softmax_link
from mixbench.data.split import Split
from mixbench.results.curves import curves_of
from mixbench.results.flags import flags_of
from mixbench.results.measures import read
from mixbench.results.outcomes import compact
from mixbench.results.readings import Reading
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Battery

PIXEL_LEVELS = 255


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
) -> Evaluation:
    """Run the model-level battery on any torch module from pixels to logits, normalisation inside it.

    images (N, C, H, W) float32 in [0, 1] and true labels (N,), on the model's device; ε in pixels. Black-box measures
    come with a `surrogate`, in-between ones with training images and labels. The model's modes are left as they were.
    MixBenchError for labels, pixels or logits that are out of bounds; `mixbench list measures` says what each is.
    """
    _check(images, labels)
    settings = Battery(eps=eps, eps_curve=list(eps_curve or (0.0, eps / 2, eps, 2 * eps)), pairs=pairs)
    transfer = transfer_examples(surrogate, images, labels, eps) if surrogate is not None else None
    split = _split(*train) if train is not None else None
    subject = Subject(model, log_probabilities)
    outcomes = compact(examine(subject, images, labels, settings, "evaluate", transfer, split))
    return Evaluation(read(outcomes), curves_of(outcomes, settings.eps_curve), flags_of(outcomes), outcomes)


def _check(images: Tensor, labels: Tensor) -> None:
    if images.ndim != 4 or len(images) == 0:
        raise MixBenchError(f"images: needed shape (N, C, H, W) with N of at least 1, got {tuple(images.shape)}")
    if labels.shape != images.shape[:1] or labels.dtype not in (torch.int64, torch.int32, torch.uint8):
        raise MixBenchError(f"labels: needed {len(images)} integers, got shape {tuple(labels.shape)} of {labels.dtype}")


def _split(images: Tensor, labels: Tensor) -> Split:
    return Split(images, labels, white=1)
