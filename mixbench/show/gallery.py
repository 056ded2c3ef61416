"""What an augmentation does, drawn: originals, partners, results and targets; or several methods on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mixbench.show.drawing import Sheet, line_height, shortened
from mixbench.show.figure import GREY, INK
from mixbench.show.pictures import SIDE, outline, picture
from mixbench.show.showcase import Example, Showcase, Source
from mixbench.show.targets import MOST_SEGMENTS, OTHERS, OWN, STRIP, bars, parts, strip

if TYPE_CHECKING:
    from mixbench.show.showcase import Image

WIDTH, MARGIN, GAP, NARROW = 1120, 40, 28, 20
TITLE, TEXT, SMALL = 28, 18, 15
FRAME, OUTLINE, BELOW = 4, 3, 4
NOTE = "#a3194b"
WHOLE = 0.999
NAMES, CELL = 300, 136


def gallery(shows: Sequence[Showcase], kind: str) -> bytes:
    """Draw one showcase as a sheet, or several as a comparison on the same images; a file of one of KINDS."""
    return _single(shows[0], kind) if len(shows) == 1 else _comparison(shows, kind)


def _single(show: Showcase, kind: str) -> bytes:
    sheet, partners = Sheet(), min(max(len(example.partners) for example in show.examples), len(OTHERS))
    cell = picture(show.examples[0].result).shape[1] + 2 * FRAME
    rest = max(WIDTH - (2 + partners) * (cell + GAP), 360)
    places = [MARGIN + number * (cell + GAP) for number in range(3 + partners)]
    width = places[-1] + rest - MARGIN
    y = _header(sheet, show, width) + GAP
    for x, text in zip(places, ["original", *_partner_heads(partners), "result", "target"], strict=True):
        sheet.paragraph(x, y, cell, (text, TEXT, GREY))
    y += line_height(TEXT)
    for example in show.examples:
        y = _row(sheet, y + 18, example, show.classes, places, rest)
    y = sheet.paragraph(MARGIN, y + GAP, width, (_footer(show), SMALL, GREY))
    return sheet.save(width + 2 * MARGIN, y + MARGIN, kind)


def _partner_heads(count: int) -> list[str]:
    return ["partner"] if count == 1 else [f"partner {number}" for number in range(1, count + 1)]


def _header(sheet: Sheet, show: Showcase, width: float) -> float:
    papers = "; ".join(dict.fromkeys(paper for _, _, paper in show.methods))
    return sheet.paragraph(
        MARGIN,
        MARGIN,
        width,
        (show.spec, TITLE, INK),
        *((text, TEXT, INK) for text in _summaries(show)),
        *([(papers, SMALL, GREY)] if papers else []),
        *((note, TEXT, NOTE) for note in show.notes),
        gap=9,
    )


def _summaries(show: Showcase) -> list[str]:
    several = len(show.methods) > 1
    return [f"{name}: {text}" if several else text for name, text, _ in show.methods]


def _footer(show: Showcase) -> str:
    text = f"Training images of {show.setting}, without the base transform. Every row has draws of its own."
    outlines = any((partner.area > WHOLE).any() for example in show.examples for partner in example.partners)
    return text + (" Outlined: pixels of that partner alone." if outlines else "")


def _row(
    sheet: Sheet, y: float, example: Example, classes: Sequence[str], places: Sequence[float], rest: float
) -> float:
    """Draw an example and return where it ends."""
    *sources, result, target = places
    shown = [(example.original, OWN), *zip(example.partners, OTHERS, strict=False)]
    ends = [
        _source(sheet, x, y, source, classes, colour, SIDE) for x, (source, colour) in zip(sources, shown, strict=False)
    ]
    for x in sources[len(shown) :]:
        sheet.paragraph(x, y, result - sources[-1] - GAP, ("no other image", SMALL, GREY))
    _, bottom = _result(sheet, result, y, example, SIDE)
    bars(sheet, target, y, example, classes, rest, bottom - y)
    return max(*ends, bottom)


def _source(sheet: Sheet, x: float, y: float, source: Source, classes: Sequence[str], colour: str, side: int) -> float:
    """Draw a framed image with its class below it and return where that ends."""
    right, bottom = _framed(sheet, x, y, source.image, colour, side)
    caption = shortened(f"class {classes[source.label]}", SMALL, right - x)
    return sheet.paragraph(x, bottom + BELOW, WIDTH, (caption, SMALL, INK))


def _framed(sheet: Sheet, x: float, y: float, image: Image, colour: str, side: int) -> tuple[float, float]:
    made = picture(image, side)
    height, width, _ = made.shape
    sheet.box(x, y, width + 2 * FRAME, height + 2 * FRAME, colour)
    sheet.picture(x + FRAME, y + FRAME, made)
    return x + width + 2 * FRAME, y + height + 2 * FRAME


def _result(sheet: Sheet, x: float, y: float, example: Example, side: int) -> tuple[float, float]:
    """Draw a result, with what wholly comes from a partner outlined in the partner's colour; where it ends."""
    right, bottom = _framed(sheet, x, y, example.result, INK, side)
    size = (round(bottom - y) - 2 * FRAME, round(right - x) - 2 * FRAME)
    for partner, colour in zip(example.partners, OTHERS, strict=False):
        if (partner.area > WHOLE).any():
            sheet.outline(x + FRAME, y + FRAME, outline(partner.area > WHOLE, size), OUTLINE, colour)
    return right, bottom


def _comparison(shows: Sequence[Showcase], kind: str) -> bytes:
    sheet, first = Sheet(), shows[0]
    cell = picture(first.examples[0].result, CELL).shape[1] + 2 * FRAME
    places = [MARGIN + NAMES + NARROW + number * (cell + NARROW) for number in range(len(first.examples))]
    width = max(places[-1] + cell - MARGIN, WIDTH)
    setting = f"Training images of {first.setting}, without the base transform. Outlined: pixels of a partner alone."
    y = sheet.paragraph(
        MARGIN,
        MARGIN,
        width,
        (f"{len(shows)} augmentations on the same images", TITLE, INK),
        ("Under each result its target: blue is the image's own class, grey the rest, else a partner's.", TEXT, INK),
        (setting, SMALL, GREY),
        gap=9,
    )
    y += GAP
    sheet.paragraph(MARGIN, y, NAMES, ("original", TEXT, INK))
    y = max(
        _source(sheet, x, y, one.original, first.classes, OWN, CELL)
        for x, one in zip(places, first.examples, strict=True)
    )
    for show in shows:
        y = _method_row(sheet, y + GAP, show, places)
    return sheet.save(width + 2 * MARGIN, y + MARGIN, kind)


def _method_row(sheet: Sheet, y: float, show: Showcase, places: Sequence[float]) -> float:
    texts = [(text, SMALL, GREY) for text in _summaries(show)] + [(note, SMALL, NOTE) for note in show.notes]
    ends = [sheet.paragraph(MARGIN, y, NAMES, (show.spec, TEXT - 1, INK), *texts)]
    for x, example in zip(places, show.examples, strict=True):
        right, bottom = _result(sheet, x, y, example, CELL)
        strip(sheet, x, bottom + 6, example, right - x)
        caption = ", ".join(_share(part, share, show.classes) for part, share in parts(example, MOST_SEGMENTS))
        ends.append(sheet.paragraph(x, bottom + STRIP + 12, right - x, (caption, SMALL - 1, INK)))
    return max(ends)


def _share(part: Sequence[int], share: float, classes: Sequence[str]) -> str:
    return f"{classes[part[0]] if len(part) == 1 else 'rest'}:\N{NO-BREAK SPACE}{share:.0%}"
