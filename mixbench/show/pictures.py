"""Images as pictures: enlarged pixel by pixel, and the outline of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, UInt8

SIDE, LARGEST = 160, 256


class Outline(NamedTuple):
    """A region of a picture: the edges (E, 2, 2) around it, and boxes (B, 4, 2) that fill it, in (x, y)."""

    edges: Float[np.ndarray, "e 2 2"]
    boxes: Float[np.ndarray, "b 4 2"]


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


def outline(region: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> Outline:
    """Return the outline of a region of an image's pixels in a picture of a size (height, width)."""
    height, width = region.shape
    scale = np.array([size[1] / width, size[0] / height])
    padded = np.pad(region, 1)
    # A row's changes in pairs: where a run of the region begins, and where it ends.
    changes = np.argwhere(np.diff(padded, axis=1)[1:-1])
    upright = [((x, y), (x, y + 1)) for y, x in changes]
    level = [((x, y), (x + 1, y)) for y, x in np.argwhere(np.diff(padded, axis=0)[:, 1:-1])]
    runs = zip(changes[::2], changes[1::2], strict=True)
    boxes = [((x, y), (end, y), (end, y + 1), (x, y + 1)) for (y, x), (_, end) in runs]
    return Outline(np.reshape(upright + level, (-1, 2, 2)) * scale, np.reshape(boxes, (-1, 4, 2)) * scale)
