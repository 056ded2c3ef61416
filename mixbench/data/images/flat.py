"""Pictures with see-through parts laid on grey, and drawings made pixels."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from mixbench.data.images.decode import BROKEN, Unreadable, opened, reason

GREY = 128
"""Of 255, what shows where a picture is see-through."""


def see_through(content: bytes, side: int) -> UInt8[np.ndarray, "side side 4"]:
    """Return a square picture of `side` pixels with its opacity; Unreadable where it is corrupt or of another size."""
    try:
        with opened(content) as image:
            if image.size != (side, side):
                raise ValueError(f"{image.width} × {image.height} pixels instead of {side} × {side}")
            return np.asarray(image.convert("RGBA"))
    except BROKEN as error:
        raise Unreadable(reason(error)) from None


def on_grey(picture: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "3 h2 w2"]:
    """Return a picture on grey at half its size: each pixel the mean of 2×2, rounded once, halves up."""
    height, width = picture.shape[:2]
    colour, opacity = picture[..., :3].astype(np.int64), picture[..., 3:].astype(np.int64)
    shown = opacity * colour + (255 - opacity) * GREY
    total = shown.reshape(height // 2, 2, width // 2, 2, 3).sum(axis=(1, 3))
    return np.ascontiguousarray(((total + 510) // 1020).astype(np.uint8).transpose(2, 0, 1))


def drawn(svg: bytes, scale: float) -> bytes:
    """Return an SVG drawing as a PNG file; Unreadable where it is none, or shows other files.

    resvg's rasteriser, of the installed vl-convert, decides the last bit of an edge.
    """
    import vl_convert

    if b"<image" in svg:
        raise Unreadable("a drawing that shows another file")
    try:
        return vl_convert.svg_to_png(svg.decode(), scale=scale)
    except (RuntimeError, ValueError) as error:
        raise Unreadable(str(error).partition("\n")[0]) from None
