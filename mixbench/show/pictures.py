"""Images as pictures: enlarged pixel by pixel, framed, a region outlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

FRAME, OUTLINE = 4, 3
SIDE, LARGEST = 160, 256


def picture(image: Float[np.ndarray, "c h w"], side: int = SIDE) -> Image.Image:
    """Turn an image (C, H, W) in [0, 1], grey or colour, into a picture.

    Small ones are enlarged to about `side` pixels, each pixel a square of its own; large ones are reduced.
    """
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    if len(levels) != 3:
        levels = levels[:1].repeat(3, axis=0)
    made = Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))
    longest = max(made.size)
    if longest > LARGEST:
        made.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
        return made
    times = max(round(side / longest), 1)
    return made.resize((made.width * times, made.height * times), Image.Resampling.NEAREST)


def framed(picture: Image.Image, colour: str) -> Image.Image:
    """Put a frame around a picture."""
    block = Image.new("RGB", (picture.width + 2 * FRAME, picture.height + 2 * FRAME), colour)
    block.paste(picture, (FRAME, FRAME))
    return block


def outlined(picture: Image.Image, region: Bool[np.ndarray, "h w"], colour: str) -> Image.Image:
    """Outline a region of an image's pixels (H, W) in its picture."""
    within = Image.fromarray(region.astype(np.uint8) * 255).resize(picture.size, Image.Resampling.NEAREST)
    inner = ImageOps.expand(within, OUTLINE).filter(ImageFilter.MinFilter(2 * OUTLINE + 1))
    inner = ImageOps.crop(inner, OUTLINE)
    made = picture.copy()
    made.paste(colour, mask=ImageChops.subtract(within, inner))
    return made
