"""Behaviour in between training examples: misses and gradient norms along mixup and CutMix paths."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mixbench.battery.attack import check_gradient
from mixbench.battery.subject import Subject
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.training.predict import batches

LAMBDAS = np.arange(11) / 10


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


def in_between(subject: Subject, train: Split, count: int, name: str, device: str) -> dict[str, np.ndarray]:
    """Return pairs (P, 2) and, for each pair and λ (P, 11): misses of both mixers, gradient norms, CutMix's real λ.

    Zhang et al., mixup, 2018, §2 and Figure 2; Yun et al., CutMix, 2019, Figure 5, here on training images.
    """
    pairs = draw_pairs(train.labels.cpu().numpy(), count, name)
    corners = stream(SUITE_SEED, "boxes", name).random((count, len(LAMBDAS), 2))
    columns = [_at(subject, train, pairs, float(lam), corners[:, i], device) for i, lam in enumerate(LAMBDAS)]
    stacked = {f"between.{key}": np.stack([column[key] for column in columns], axis=1) for key in columns[0]}
    return {"between.pairs": pairs, "between.lambda": LAMBDAS, **stacked}


def _at(
    subject: Subject, train: Split, pairs: np.ndarray, lam: float, corners: np.ndarray, device: str
) -> dict[str, np.ndarray]:
    parts = [_part(subject, train, pairs[p], lam, corners[p], device) for p in batches(len(pairs))]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _part(
    subject: Subject, train: Split, pairs: np.ndarray, lam: float, corners: np.ndarray, device: str
) -> dict[str, np.ndarray]:
    first, second = (torch.from_numpy(side).to(train.labels.device) for side in pairs.T)
    a, b = train.pixels(first).to(device), train.pixels(second).to(device)
    label_a, label_b = train.labels[first].to(device), train.labels[second].to(device)
    blend = lam * a + (1 - lam) * b
    paste, share = paste_box(a, b, lam, corners)
    logits, norm = _gradient_norm(subject.model, blend, label_a, label_b, lam)
    return {
        "miss_mixup": _missed(logits, label_a, label_b),
        "miss_cutmix": _missed(subject.logits(paste), label_a, label_b),
        "gradient_norm": norm,
        "cutmix_lambda": np.full(len(pairs), share),
    }


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
    images = images.clone().requires_grad_()
    with torch.enable_grad():
        logits = model(images)
        log_p = logits.double().log_softmax(1)
        true_a, true_b = (log_p.gather(1, label[:, None]) for label in (label_a, label_b))
        gradient = torch.autograd.grad(-(lam * true_a + (1 - lam) * true_b).sum(), images)[0]
        check_gradient(gradient)
    return logits.detach(), gradient.double().flatten(1).norm(dim=1).cpu().numpy()


def _missed(logits: Tensor, label_a: Tensor, label_b: Tensor) -> np.ndarray:
    predicted = logits.argmax(1)
    return ((predicted != label_a) & (predicted != label_b)).cpu().numpy()
