"""Whom an image is mixed with: a random image of the batch, or one of its nearest in the training set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.tools.paste import taken
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from mixbench.augment.protocol import Context, Images, Targets

NEIGHBOURS = 200


def draw_partners(
    images: Images,
    targets: Targets,
    rng: np.random.Generator,
    partner: str,
    classes: str,
    context: Context | None,
) -> tuple[Images, Targets]:
    """Return a partner and its target for each image of a batch, as copies; MixBenchError without a context.

    Zhang et al., mixup, 2018, Table 5: random or nearest (200 nearest by L2 on raw pixels), all classes or the same.
    """
    if partner == "nearest":
        return _from_neighbours(images, targets, rng, classes, context)
    order = permutation(len(images), rng) if classes == "all" else _within_classes(targets, rng)
    return taken(images, order), taken(targets, order)


def permutation(n: int, rng: np.random.Generator) -> Tensor:
    """Return a random order of n images, (n,) int64 on the CPU."""
    import torch

    return torch.from_numpy(rng.permutation(n))


def _within_classes(targets: Targets, rng: np.random.Generator) -> Tensor:
    """A random order that leaves every image in its class."""
    import torch

    labels = targets.argmax(dim=1)
    places = labels.argsort(stable=True)
    shuffled = (labels + torch.from_numpy(rng.random(len(labels))).to(labels.device)).argsort()
    return torch.empty_like(places).scatter(0, places, shuffled)


def _from_neighbours(
    images: Images, targets: Targets, rng: np.random.Generator, classes: str, context: Context | None
) -> tuple[Images, Targets]:
    import torch

    from mixbench.data.neighbours import nearest

    if context is None:
        raise MixBenchError("partner=nearest: needed the training set, got a batch alone; give mix() a context")
    train = context.data.train
    table = context.once(f"neighbours, {classes} classes", lambda: nearest(train, NEIGHBOURS, classes == "same"))
    rows = table[context.indices.to(table.device)]
    draws = torch.from_numpy(rng.random(len(rows))).to(rows.device)
    columns = (draws * (rows >= 0).sum(dim=1)).long()
    chosen = rows.gather(1, columns[:, None]).squeeze(1)
    others = train.pixels(chosen).to(images)
    return others, train.one_hot(chosen, targets.shape[1]).to(targets)
