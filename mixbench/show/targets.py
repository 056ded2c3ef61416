"""A target as bars, in the colours of the images that it comes from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from mixbench.show.drawing import INK, OTHERS, OWN, REST, TRACK, blank, font, shortened
from mixbench.show.showcase import Example

TEXT = 18
BAR_LINE, BAR = 32, 20
MOST_BARS, MOST_SEGMENTS = 4, 4


def _colours(example: Example) -> dict[int, str]:
    """A class's colour: that of the frame around the image it comes from."""
    partners = list(zip(example.partners, OTHERS, strict=False))
    return {**{one.label: colour for one, colour in reversed(partners)}, example.original.label: OWN}


def parts(example: Example, most: int) -> list[tuple[list[int], float]]:
    """A target's parts, largest first, as (classes, share); the smallest ones go together where they are equal."""
    order = [int(k) for k in np.argsort(-example.target, kind="stable") if example.target[k] > 0]
    least = [k for k in order if np.isclose(example.target[k], example.target[order[-1]])]
    single = order[: -len(least)] if len(least) > 2 else order
    single = single[:most]
    rest = order[len(single) :]
    found = [([k], float(example.target[k])) for k in single]
    return [*found, (rest, float(example.target[rest].sum()))] if rest else found


def _colour(part: list[int], example: Example) -> str:
    return _colours(example).get(part[0], REST) if len(part) == 1 else REST


def bars(example: Example, classes: Sequence[str], width: int, height: int) -> Image.Image:
    """Draw a target as a bar a part, each on a track of the length of 1, centred in a block."""
    found = parts(example, MOST_BARS)
    used = BAR_LINE * len(found) - (BAR_LINE - BAR)
    block, top = blank(width, max(height, used)), max(height - used, 0) // 2
    for number, (part, share) in enumerate(found):
        name = f"class {classes[part[0]]}" if len(part) == 1 else f"{len(part)} others"
        _bar(ImageDraw.Draw(block), top + number * BAR_LINE, width, name, share, _colour(part, example))
    return block


def _bar(draw: ImageDraw.ImageDraw, top: int, width: int, name: str, share: float, colour: str) -> None:
    left, right = 120, width - 90
    draw.text((0, top + BAR // 2), shortened(name, TEXT, left - 12), INK, font(TEXT), anchor="lm")
    draw.rectangle((left, top, right - 1, top + BAR - 1), TRACK)
    length = round(share * (right - left))
    if length:
        draw.rectangle((left, top, left + length - 1, top + BAR - 1), colour)
    draw.text((width - 4, top + BAR // 2), f"{share:.1%}", INK, font(TEXT), anchor="rm")


def strip(example: Example, width: int) -> Image.Image:
    """Draw one bar of a whole target: a segment a part, as long as its share."""
    block = Image.new("RGB", (width, BAR // 2), TRACK)
    draw, start = ImageDraw.Draw(block), 0.0
    for part, share in parts(example, MOST_SEGMENTS):
        left, right = round(start * width), round((start + share) * width)
        if right > left:
            draw.rectangle((left, 0, right - 1, block.height), _colour(part, example))
        start += share
    return block
