"""Where a mixed image comes from: found by mixing again, with the same draws, images that are black but for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Context, Images

    Area = Float[Tensor, "h w"]
    Remix = Callable[[Images, Context], Tensor]

SMALLEST = 1e-3
"""The share of an image's pixels below which a source counts as absent."""


def sources(remix: Remix, images: Images, context: Context, row: int) -> list[tuple[int, Area]]:
    """Return the other training images that a row's result is made of, as (index, each pixel's share (H, W)).

    images (N, C, H, W); `remix` repeats one mix, draws and all, on other images and returns its images (N, C, H, W).
    The greatest share comes first. A source outside the batch that is not one image alone is left out.
    """
    dark = _with_train(context, 0)
    black = images * 0
    base = remix(black, dark)[row]

    def area(tracer: Images, around: Context) -> Area:
        return (remix(tracer, around)[row] - base).abs().mean(dim=0)

    others = [i for i in range(len(images)) if i != row]
    found = [
        (int(context.indices[i]), part) for i, part in _inside(lambda which: area(_lit(which, black), dark), others)
    ]
    found += _from_outside(lambda around: area(black, around), context)
    return sorted(found, key=lambda pair: -float(pair[1].mean()))


def _inside(area: Callable[[list[int]], Area], which: list[int]) -> list[tuple[int, Area]]:
    """The images of a batch that show up in a result, found by lighting all, then halves, then halves of those."""
    whole = area(which)
    if whole.mean() < SMALLEST:
        return []
    if len(which) == 1:
        return [(which[0], whole)]
    middle = len(which) // 2
    return _inside(area, which[:middle]) + _inside(area, which[middle:])


def _from_outside(area: Callable[[Context], Area], context: Context) -> list[tuple[int, Area]]:
    """The training image outside the batch, its index read bit by bit: each time those with that bit are white."""
    whole = area(_with_train(context, 1))
    if whole.mean() < SMALLEST:
        return []
    index = 0
    for bit in range(len(context.data.train).bit_length()):
        part = float(area(_with_train(context, bit=bit)).mean() / whole.mean())
        if 0.01 < part < 0.99:
            return []
        index |= (part > 0.5) << bit
    return [(index, whole)]


def _with_train(context: Context, level: int = 0, bit: int | None = None) -> Context:
    """The context with a training set of one level, or white where an index has a bit; the memo is kept."""
    import torch

    train = context.data.train
    levels = torch.full_like(train.labels, level)
    if bit is not None:
        levels = torch.arange(len(train), device=train.labels.device) >> bit & 1
    pixels = levels.to(torch.uint8)[:, None, None, None].expand(train.images.shape)
    return replace(context, data=replace(context.data, train=replace(train, images=pixels, white=1)))


def _lit(which: list[int], black: Images) -> Images:
    tracer = black.clone()
    tracer[which] = 1
    return tracer
