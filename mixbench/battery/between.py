"""Behaviour in between training examples: misses and gradient norms along mixup and CutMix paths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mixbench.battery.subject import Outcomes, Subject
from mixbench.battery.views import Watch
from mixbench.data.feed import in_turn
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.training.predict import batches

LAMBDAS = np.arange(11) / 10


class Side(NamedTuple):
    """The first or the second image of each pair, and their labels."""

    images: Float[Tensor, "n c h w"]
    labels: Int[Tensor, " n"]


def draw_pairs(labels: Int[np.ndarray, " n"], count: int, name: str) -> Int[np.ndarray, "p 2"]:
    """Draw pairs of images of different classes; `name` is the data set's. MixBenchError where all are of one class."""
    if len(np.unique(labels)) < 2:
        raise MixBenchError("in-between pairs: needed at least two classes among the training images, got one")
    rng = stream(SUITE_SEED, "pairs", name)
    pairs = np.empty((0, 2), dtype=np.int64)
    while len(pairs) < count:
        drawn = rng.integers(len(labels), size=(2 * count, 2))
        pairs = np.concatenate([pairs, drawn[labels[drawn[:, 0]] != labels[drawn[:, 1]]]])
    return pairs[:count]


def in_between(subject: Subject, train: Split, count: int, name: str, device: str) -> Outcomes:
    """Return pairs (P, 2) and, for each pair and λ (P, 11): misses of the mixers that the kind of data has, gradient
    norms, CutMix's real λ.

    Zhang et al., mixup, 2018, §2 and Figure 2; Yun et al., CutMix, 2019, Figure 5, here on training images.
    """
    pairs = draw_pairs(train.labels.cpu().numpy(), count, name)
    corners = stream(SUITE_SEED, "boxes", name).random((count, len(LAMBDAS), 2))
    sides = [torch.from_numpy(side).to(train.labels.device) for part in batches(count) for side in pairs[part].T]
    images = in_turn(train, sides)
    both = (Side(each.to(device), train.labels[side].to(device)) for each, side in zip(images, sides, strict=True))
    parts = [_part(subject, next(both), next(both), corners[part]) for part in batches(count)]
    stacked = {f"between.{key}": np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return {"between.pairs": pairs, "between.lambda": LAMBDAS, **stacked}


def _part(subject: Subject, a: Side, b: Side, corners: np.ndarray) -> Outcomes:
    """Return what is found on some pairs, (P, 11) each."""
    columns = [_at(subject, a, b, float(lam), corners[:, i]) for i, lam in enumerate(LAMBDAS)]
    return {key: np.stack([column[key] for column in columns], axis=1) for key in columns[0]}


def _at(subject: Subject, a: Side, b: Side, lam: float, corners: np.ndarray) -> Outcomes:
    return {
        key: values
        for mixer in subject.kind.mixers
        for key, values in _PATHS[mixer](subject, a, b, lam, corners).items()
    }


def _on_blends(subject: Subject, a: Side, b: Side, lam: float, _corners: np.ndarray) -> Outcomes:
    blend = lam * a.images + (1 - lam) * b.images
    logits, norm = _gradient_norm(subject.model, blend, a.labels, b.labels, lam)
    return {"miss_mixup": _missed(logits, a.labels, b.labels), "gradient_norm": norm}


def _on_pastes(subject: Subject, a: Side, b: Side, lam: float, corners: np.ndarray) -> Outcomes:
    paste, share = paste_box(a.images, b.images, lam, corners)
    missed = _missed(subject.logits(paste), a.labels, b.labels)
    return {"miss_cutmix": missed, "cutmix_lambda": np.full(len(corners), share)}


_PATHS = {"mixup": _on_blends, "cutmix": _on_pastes}
"""What is found on the path of each mixer."""


def paste_box(
    a: Float[Tensor, "n c h w"], b: Float[Tensor, "n c h w"], lam: float, corners: Float[np.ndarray, "n 2"]
) -> tuple[Float[Tensor, "n c h w"], float]:
    """Paste a box of b of area 1−λ, lying wholly inside, into a; also return the real λ, the share of a that is left.

    `corners` in [0, 1) place the box of each pair.
    """
    sides = np.array(a.shape[2:])
    box = np.round(sides * (1 - lam) ** 0.5).astype(int)
    starts = torch.from_numpy(np.floor(corners * (sides - box + 1)).astype(np.int64)).to(a.device)
    rows, columns = (torch.arange(side, device=a.device)[None] - starts[:, i : i + 1] for i, side in enumerate(sides))
    inside = ((rows >= 0) & (rows < box[0]))[:, None, :, None] & ((columns >= 0) & (columns < box[1]))[:, None, None]
    return torch.where(inside, b, a), float(1 - box.prod() / sides.prod())


def _gradient_norm(
    model: nn.Module, images: Tensor, label_a: Tensor, label_b: Tensor, lam: float
) -> tuple[Tensor, np.ndarray]:
    images, watch = images.clone().requires_grad_(), Watch(images.device)
    with torch.enable_grad():
        logits = model(images)
        log_p = logits.double().log_softmax(1)
        true_a, true_b = (log_p.gather(1, label[:, None]) for label in (label_a, label_b))
        gradient = torch.autograd.grad(-(lam * true_a + (1 - lam) * true_b).sum(), images)[0]
        watch.see(gradient)
        watch.check()
    return logits.detach(), gradient.double().flatten(1).norm(dim=1).cpu().numpy()


def _missed(logits: Tensor, label_a: Tensor, label_b: Tensor) -> np.ndarray:
    predicted = logits.argmax(1)
    return ((predicted != label_a) & (predicted != label_b)).cpu().numpy()
