"""Images as pictures: enlarged pixel by pixel, and the outline of a region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, UInt8

SIDE, LARGEST = 160, 256


# Where a pixel's neighbour lies, and the side towards it from corner to corner, the pixel to the right of it.
_SIDES = (((0, -1), (0, 0), (1, 0)), ((1, 0), (1, 0), (1, 1)), ((0, 1), (1, 1), (0, 1)), ((-1, 0), (0, 1), (0, 0)))
Corner = tuple[int, int]


def picture(image: Float[np.ndarray, "c h w"], side: int = SIDE) -> UInt8[np.ndarray, "y x 3"]:
    """Turn an image (C, H, W) in [0, 1], grey or colour, into a picture.

    Small ones are enlarged to about `side` pixels, each pixel a square of its own; large ones are reduced.
    """
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    if len(levels) != 3:
        levels = levels[:1].repeat(3, axis=0)
    made = np.ascontiguousarray(levels.transpose(1, 2, 0))
    longest = max(made.shape[:2])
    if longest > LARGEST:
        reduced = Image.fromarray(made)
        reduced.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
        return np.asarray(reduced)
    times = max(round(side / longest), 1)
    return made.repeat(times, axis=0).repeat(times, axis=1)


def outline(region: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> list[Float[np.ndarray, "n 2"]]:
    """Return the outline of a region of an image's pixels in a picture of a size (height, width).

    Each is a closed way of corners (x, y) with the region to its right, so that holes turn the other way round.
    """
    height, width = region.shape
    scale = np.array([size[1] / width, size[0] / height])
    padded, ahead = np.pad(region, 1), defaultdict[Corner, list[Corner]](list)
    for y, x in np.argwhere(region).tolist():
        for (right, down), start, end in _SIDES:
            if not padded[y + 1 + down, x + 1 + right]:
                ahead[x + start[0], y + start[1]].append((x + end[0], y + end[1]))
    return [np.array(way) * scale for way in _ways(ahead)]


def _ways(ahead: dict[Corner, list[Corner]]) -> Iterator[list[Corner]]:
    """As many sides begin at a corner as end there, so a way goes on until it is back where it began."""
    while ahead:
        way = [next(iter(ahead))]
        while way[-1] in ahead:
            here = way[-1]
            way.append(ahead[here].pop())
            if not ahead[here]:
                del ahead[here]
        yield way
