"""A sheet to draw on in pixels from its top left: text that wraps, pictures, bars; matplotlib makes the file of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mixbench.show.figure import WHITE, legible, rendered, style

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

PIXELS, POINTS = 100, 72
"""Of a sheet, and of a font's size, in an inch."""

SHARPNESS = 2
"""Dots of a raster file along a pixel of the sheet."""


class Sheet:
    """What is drawn, in the order in which it was asked for; x and y are the top left of each thing."""

    def __init__(self) -> None:
        self._things: list[Callable[[Axes], Artist]] = []

    def text(self, x: float, middle: float, text: str, size: int, ink: str, align: str = "left") -> None:
        """Write one line around a height."""
        look = {"fontsize": size * POINTS / PIXELS, "color": ink, "ha": align, "va": "baseline"}
        self._things.append(lambda axes: axes.text(x, middle + 0.36 * size, legible(text), **look))

    def paragraph(self, x: float, y: float, width: float, *texts: tuple[str, int, str], gap: int = 6) -> float:
        """Write texts (text, size, colour) below one another, wrapped, and return where the last one ends."""
        for text, size, ink in texts:
            for line in wrapped(text, size, width):
                self.text(x, y + line_height(size) / 2, line, size, ink)
                y += line_height(size)
            y += gap
        return y - gap if texts else y

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fill a box."""
        from matplotlib.patches import Rectangle

        self._things.append(
            lambda axes: axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="none"))
        )

    def picture(self, x: float, y: float, picture: UInt8[np.ndarray, "h w 3"]) -> None:
        """Put a picture, a dot a pixel."""
        height, width, _ = picture.shape
        place = (x, x + width, y + height, y)
        self._things.append(lambda axes: axes.imshow(picture, extent=place, interpolation="nearest", aspect="auto"))

    def outline(
        self, x: float, y: float, ways: Sequence[Float[np.ndarray, "n 2"]], thickness: int, colour: str
    ) -> None:
        """Draw along the inside of closed ways."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        inside = Path.make_compound_path(*(Path(way + np.array([x, y]), closed=True) for way in ways))
        width = 2 * thickness * POINTS / PIXELS

        def draw(axes: Axes) -> Artist:
            line = PathPatch(inside, fill=False, edgecolor=colour, linewidth=width, joinstyle="miter", snap=False)
            axes.add_patch(line)
            line.set_clip_path(inside, axes.transData)
            return line

        self._things.append(draw)

    def save(self, width: float, height: float, kind: str) -> bytes:
        """Return the sheet as a file of one of KINDS."""
        from matplotlib.figure import Figure

        with style():
            figure = Figure((width / PIXELS, height / PIXELS), dpi=PIXELS, facecolor=WHITE)
            axes = figure.add_axes((0, 0, 1, 1))
            for number, draw in enumerate(self._things):
                draw(axes).set_zorder(number)
            axes.set(xlim=(0, width), ylim=(height, 0))
            axes.set_axis_off()
            return rendered(figure, kind, SHARPNESS * PIXELS)


def line_height(size: int) -> int:
    """Return the height in pixels of a line of a font size."""
    return round(size * 1.35)


@lru_cache(maxsize=10_000)
def length(text: str, size: int) -> float:
    """Return how long a line is in pixels."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Break a text into lines of at most `width` pixels, after spaces and the signs of a spec if they can be."""
    lines = [""]
    for piece in (part for whole in _pieces(legible(text)) for part in _cut(whole, size, width)):
        if lines[-1] and length((lines[-1] + piece).rstrip(), size) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> list[str]:
    for sign in " ,+|":
        text = text.replace(sign, sign + "\0")
    return text.split("\0")


def _cut(piece: str, size: int, width: float) -> list[str]:
    """Cut a piece that is wider than a line wherever the line ends."""
    parts = [""]
    for character in piece:
        if parts[-1] and length(parts[-1] + character.strip(), size) > width:
            parts.append("")
        parts[-1] += character
    return parts


def shortened(text: str, size: int, width: float) -> str:
    """Cut a text that is wider than `width` pixels and end it with an ellipsis."""
    text = legible(text)
    if length(text, size) <= width:
        return text
    while text and length(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"
