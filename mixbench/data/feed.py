"""A split's images in the order in which they are used, be they held in memory or decoded on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from mixbench.data.ahead import Wanted, ahead
from mixbench.data.decoders import cores
from mixbench.data.split import Split, Streamed, as_pixels, centre
from mixbench.data.transform import after_resizing, base_transform, draw_crops
from mixbench.spec.sections.transform import Transform

Step = tuple[Tensor, np.random.Generator]
"""A batch's places in the training split, and the generator of its base transform."""

PIECE = 2**24
"""Bytes of images that are looked at at once."""

FEW = 2048
"""Images that are looked at faster than workers start."""


def transformed(split: Split, steps: Iterable[Step], transform: Transform) -> Iterator[Float[Tensor, "m c h w"]]:
    """Yield each step's images after the base transform, on the labels' device.

    Where they stream, those of later steps are decoded meanwhile; every draw comes from its own step's generator.
    """
    if not isinstance(split.images, Streamed):
        for places, rng in steps:
            yield base_transform(split.stored_pixels(places), transform, rng, split.size)
        return
    begun: list[np.random.Generator] = []
    for images in ahead(split.images, _wanted(split.images, steps, transform, begun), _device(split)):
        pixels, rng = as_pixels(images, split.white), begun.pop(0)
        if split.images.whole:
            yield after_resizing(pixels, transform, rng)
        else:
            yield base_transform(pixels, transform, rng, split.size)


def in_turn(split: Split, which: Iterable[slice | Tensor]) -> Iterator[Float[Tensor, "m c h w"]]:
    """Yield the chosen images one choice after another, each as `Split.pixels`; those that stream are decoded ahead."""
    if not isinstance(split.images, Streamed):
        yield from map(split.pixels, which)
        return
    places = map(split.images.places, which)
    for images in ahead(split.images, map(Wanted, places), _device(split)):
        yield as_pixels(centre(images, split.size), split.white)


def pieces(split: Split) -> Iterator[UInt8[Tensor, "m c h w"]]:
    """Yield all images of a split in order as they are stored, on the CPU, about PIECE bytes at once."""
    one = split.images.shape[1:]
    step = max(1, PIECE // max(1, int(np.prod(one))))
    parts = (slice(start, start + step) for start in range(0, len(split), step))
    if not isinstance(split.images, Streamed):
        yield from (split.images[part] for part in parts)
        return
    workers = None if len(split) < FEW else cores()
    yield from ahead(split.images, map(Wanted, map(split.images.places, parts)), "cpu", workers)


def _wanted(
    images: Streamed, steps: Iterable[Step], transform: Transform, begun: list[np.random.Generator]
) -> Iterator[Wanted]:
    for places, rng in steps:
        begun.append(rng)
        box = transform.random_resized_crop if images.whole else None
        yield Wanted(images.places(places), box and draw_crops(len(places), box, rng))


def _device(split: Split) -> str:
    return split.labels.device.type
