"""What models see in images: a heat map over each image, the known box and the found one; a row a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mixbench.show.drawing import Sheet
from mixbench.show.figure import COLOURS, GREY, INK
from mixbench.show.pictures import outline, picture

MARGIN, GAP, NAMES, SIDE = 40, 20, 200, 112
TITLE, TEXT, SMALL = 22, 16, 13
BELOW, THICK = 4, 2
KNOWN, FOUND = COLOURS[0], COLOURS[1]
HEAT = np.array([0.90, 0.62, 0.0])
STRENGTH = 0.65
"""How much of a pixel is the heat's colour where the map is largest."""

Box = Sequence[int]
"""Left, top, right and bottom in pixels, the last two just outside."""


@dataclass(frozen=True)
class Sighting:
    """One image (C, H, W) in [0, 1] with a map of it (H, W) in [0, 1], the box that the map gives, and a caption."""

    image: Float[np.ndarray, "c h w"]
    heat: Float[np.ndarray, "h w"]
    known: Box
    found: Box
    caption: str


@dataclass(frozen=True)
class Sightings:
    """Rows of sightings of the same images, each row with its label in lines, under a title and a note."""

    title: str
    note: str
    rows: Sequence[tuple[Sequence[str], Sequence[Sighting]]]

    def draw(self, kind: str) -> bytes:
        """Return a file of one of KINDS."""
        sheet, most = Sheet(), max(len(sightings) for _, sightings in self.rows)
        width = NAMES + most * (SIDE + GAP)
        y = sheet.paragraph(MARGIN, MARGIN, width, (self.title, TITLE, INK), (self.note, SMALL, GREY)) + GAP
        y = _legend(sheet, y) + GAP
        for label, sightings in self.rows:
            y = _row(sheet, y, label, sightings) + GAP
        return sheet.save(width + 2 * MARGIN, y + MARGIN - GAP, kind)


def _legend(sheet: Sheet, y: float) -> float:
    x = float(MARGIN)
    for colour, text in ((KNOWN, "known box"), (FOUND, "box found")):
        sheet.box(x, y, SMALL, SMALL, colour)
        sheet.text(x + SMALL + 6, y + SMALL / 2, text, SMALL, INK)
        x += SIDE
    return y + SMALL


def _row(sheet: Sheet, y: float, label: Sequence[str], sightings: Sequence[Sighting]) -> float:
    head, *rest = label
    end = sheet.paragraph(MARGIN, y, NAMES - GAP, (head, TEXT, INK), *((text, SMALL, GREY) for text in rest))
    return max(end, *(_cell(sheet, MARGIN + NAMES + at * (SIDE + GAP), y, each) for at, each in enumerate(sightings)))


def _cell(sheet: Sheet, x: float, y: float, sighting: Sighting) -> float:
    made = picture(heated(sighting.image, sighting.heat), SIDE)
    sheet.picture(x, y, made)
    for box, colour in ((sighting.known, KNOWN), (sighting.found, FOUND)):
        sheet.outline(x, y, outline(_region(box, sighting.heat.shape), made.shape[:2]), THICK, colour)
    return sheet.paragraph(x, y + made.shape[0] + BELOW, SIDE, (sighting.caption, SMALL, INK))


def heated(image: Float[np.ndarray, "c h w"], heat: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "3 h w"]:
    """Return the image in colour with the heat's colour over it, the more the larger the map."""
    share = STRENGTH * heat
    return (1 - share) * np.broadcast_to(image, (3, *heat.shape)) + share * HEAT[:, None, None]


def _region(box: Box, shape: tuple[int, ...]) -> np.ndarray:
    left, top, right, bottom = box
    region = np.zeros(shape, dtype=bool)
    region[top:bottom, left:right] = True
    return region
