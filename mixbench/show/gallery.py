"""What an augmentation does, drawn: originals, partners, results and targets; or several methods on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from mixbench.show.drawing import (
    GREY,
    INK,
    NOTE,
    OTHERS,
    OWN,
    paragraph,
    shortened,
    side_by_side,
    stacked,
    with_margin,
)
from mixbench.show.pictures import FRAME, SIDE, framed, outlined, picture
from mixbench.show.showcase import Example, Showcase
from mixbench.show.targets import MOST_SEGMENTS, bars, parts, strip

WIDTH, MARGIN, GAP, NARROW = 1120, 40, 28, 20
TITLE, TEXT, SMALL = 30, 20, 17
WHOLE = 0.999
NAMES, CELL = 300, 136


def gallery(shows: Sequence[Showcase]) -> bytes:
    """Draw one showcase as a sheet, or several as a comparison on the same images; the bytes of a PNG."""
    sheet = _sheet(shows[0]) if len(shows) == 1 else _comparison(shows)
    file = BytesIO()
    with_margin(sheet, MARGIN).save(file, "PNG", optimize=True)
    return file.getvalue()


def _sheet(show: Showcase) -> Image.Image:
    partners = min(max(len(example.partners) for example in show.examples), len(OTHERS))
    cell = picture(show.examples[0].result).width + 2 * FRAME
    rest = max(WIDTH - (2 + partners) * (cell + GAP), 360)
    columns = [*[cell] * (2 + partners), rest]
    heads = ["original", *_partner_heads(partners), "result", "target"]
    head = side_by_side([paragraph(w, (text, TEXT, GREY)) for w, text in zip(columns, heads, strict=True)], GAP)
    rows = [_row(example, show.classes, columns) for example in show.examples]
    return stacked([_header(show, head.width), stacked([head, *rows], 22), _footer(show, head.width)], GAP)


def _partner_heads(count: int) -> list[str]:
    return ["partner"] if count == 1 else [f"partner {number}" for number in range(1, count + 1)]


def _header(show: Showcase, width: int) -> Image.Image:
    papers = "; ".join(dict.fromkeys(paper for _, _, paper in show.methods))
    return paragraph(
        width,
        (show.spec, TITLE, INK),
        *((text, TEXT, INK) for text in _summaries(show)),
        (papers, SMALL, GREY),
        *((note, TEXT, NOTE) for note in show.notes),
        gap=9,
    )


def _summaries(show: Showcase) -> list[str]:
    several = len(show.methods) > 1
    return [f"{name}: {text}" if several else text for name, text, _ in show.methods]


def _footer(show: Showcase, width: int) -> Image.Image:
    text = f"Training images of {show.setting}, without the base transform. Every row has draws of its own."
    outlines = any((partner.area > WHOLE).any() for example in show.examples for partner in example.partners)
    legend = " Outlined: pixels of that partner alone." if outlines else ""
    return paragraph(width, (text + legend, SMALL, GREY))


def _row(example: Example, classes: Sequence[str], columns: Sequence[int]) -> Image.Image:
    count = len(columns) - 3
    partners = [
        _captioned(framed(picture(partner.image), colour), f"class {classes[partner.label]}")
        for partner, colour in zip(example.partners[:count], OTHERS, strict=False)
    ]
    missing = [paragraph(columns[1], ("no other image", SMALL, GREY)) for _ in range(count - len(partners))]
    result = framed(_result_picture(example, SIDE), INK)
    original = _captioned(framed(picture(example.original.image), OWN), f"class {classes[example.original.label]}")
    target = bars(example, classes, columns[-1], result.height)
    return side_by_side([original, *partners, *missing, result, target], GAP)


def _captioned(block: Image.Image, caption: str) -> Image.Image:
    return stacked([block, paragraph(block.width, (shortened(caption, SMALL, block.width), SMALL, INK))], 4)


def _result_picture(example: Example, side: int) -> Image.Image:
    """A result, with what wholly comes from a partner outlined in the partner's colour."""
    made = picture(example.result, side)
    for partner, colour in zip(example.partners, OTHERS, strict=False):
        made = outlined(made, partner.area > WHOLE, colour)
    return made


def _comparison(shows: Sequence[Showcase]) -> Image.Image:
    first = shows[0]
    cells = [
        _captioned(framed(picture(one.original.image, CELL), OWN), f"class {first.classes[one.original.label]}")
        for one in first.examples
    ]
    originals = side_by_side([paragraph(NAMES, ("original", TEXT, INK)), *cells], NARROW)
    legend = "Under each result its target: blue is the image's own class, grey the rest, else a partner's."
    setting = f"Training images of {first.setting}, without the base transform. Outlined: pixels of a partner alone."
    header = paragraph(
        max(originals.width, WIDTH),
        (f"{len(shows)} augmentations on the same images", TITLE, INK),
        (legend, TEXT, INK),
        (setting, SMALL, GREY),
        gap=9,
    )
    return stacked([header, originals, *(_method_row(show) for show in shows)], GAP)


def _method_row(show: Showcase) -> Image.Image:
    texts = [(text, SMALL - 1, GREY) for text in _summaries(show)] + [(note, SMALL - 1, NOTE) for note in show.notes]
    name = paragraph(NAMES, (show.spec, TEXT - 2, INK), *texts)
    return side_by_side([name, *(_result(example, show.classes) for example in show.examples)], NARROW)


def _result(example: Example, classes: Sequence[str]) -> Image.Image:
    block = framed(_result_picture(example, CELL), INK)
    texts = [
        f"{classes[part[0]] if len(part) == 1 else 'rest'}:\N{NO-BREAK SPACE}{share:.0%}"
        for part, share in parts(example, MOST_SEGMENTS)
    ]
    caption = paragraph(block.width, (", ".join(texts), SMALL - 1, INK))
    return stacked([block, strip(example, block.width), caption], 6)
