"""A target as bars, in the colours of the images that it comes from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixbench.show.drawing import Sheet, shortened
from mixbench.show.figure import INK, TRACK
from mixbench.show.showcase import Example

OWN, OTHERS, REST = "#2563eb", ("#ea6a0c", "#15803d", "#7c3aed"), "#9aa5b4"
TEXT = 17
BAR_LINE, BAR, STRIP = 32, 20, 10
NAME, SHARE = 120, 90
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


def bars(
    sheet: Sheet, x: float, y: float, example: Example, classes: Sequence[str], width: float, height: float
) -> None:
    """Draw a target as a bar a part, each on a track of the length of 1, centred in a height."""
    found = parts(example, MOST_BARS)
    top = y + max(height - (BAR_LINE * len(found) - (BAR_LINE - BAR)), 0) // 2
    left, length = x + NAME, width - NAME - SHARE
    for number, (part, share) in enumerate(found):
        y = top + number * BAR_LINE
        name = f"class {classes[part[0]]}" if len(part) == 1 else f"{len(part)} others"
        sheet.text(x, y + BAR / 2, shortened(name, TEXT, NAME - 12), TEXT, INK)
        sheet.box(left, y, length, BAR, TRACK)
        sheet.box(left, y, share * length, BAR, _colour(part, example))
        sheet.text(x + width - 4, y + BAR / 2, f"{share:.1%}", TEXT, INK, align="right")


def strip(sheet: Sheet, x: float, y: float, example: Example, width: float) -> None:
    """Draw one bar of a whole target: a segment a part, as long as its share."""
    sheet.box(x, y, width, STRIP, TRACK)
    start = 0.0
    for part, share in parts(example, MOST_SEGMENTS):
        sheet.box(x + start * width, y, share * width, STRIP, _colour(part, example))
        start += share
