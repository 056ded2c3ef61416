"""The pieces of a sheet: colours, text that wraps, and blocks that stack."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

WHITE, INK, GREY, TRACK = "#ffffff", "#1a202c", "#5b6675", "#e9edf2"
OWN, OTHERS = "#2563eb", ("#ea6a0c", "#15803d", "#7c3aed")
REST, NOTE = "#9aa5b4", "#a3194b"
_SPELT = {
    "λ": "lambda",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "ε": "epsilon",
    "θ": "theta",
    "σ": "sigma",
    "×": "x",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "‖": "||",
}
_NO_GLYPH = "\uffff"


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with Pillow, in pixels, the same on every machine."""
    return ImageFont.load_default(size=size)


@lru_cache(maxsize=10_000)
def spelt(text: str) -> str:
    """Spell out what the font has no glyph for: λ becomes lambda, an unknown character '?'."""
    return "".join(character if _has_glyph(character) else _spell(character) for character in text)


def _spell(character: str) -> str:
    if character in _SPELT:
        return _SPELT[character]
    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if _has_glyph(plain) else "?"


@lru_cache(maxsize=10_000)
def _has_glyph(character: str) -> bool:
    return character.isprintable() and _drawn(character) != _drawn(_NO_GLYPH)


def _drawn(character: str) -> bytes:
    block = Image.new("1", (32, 32))
    ImageDraw.Draw(block).text((4, 4), character, 1, font(20))
    return block.tobytes()


def wrapped(text: str, size: int, width: int) -> list[str]:
    """Break a text into lines of at most `width` pixels, after spaces and the signs of a spec if they can be."""
    lines = [""]
    for piece in (part for whole in _pieces(text) for part in _cut(spelt(whole), size, width)):
        if lines[-1] and font(size).getlength((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> list[str]:
    for sign in " ,+|":
        text = text.replace(sign, sign + "\0")
    return text.split("\0")


def _cut(piece: str, size: int, width: int) -> list[str]:
    """Cut a piece that is wider than a line wherever the line ends."""
    parts = [""]
    for character in piece:
        if parts[-1] and font(size).getlength(parts[-1] + character.strip()) > width:
            parts.append("")
        parts[-1] += character
    return parts


def shortened(text: str, size: int, width: int) -> str:
    """Cut a text that is wider than `width` pixels and end it with an ellipsis."""
    text = spelt(text)
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def paragraph(width: int, *texts: tuple[str, int, str], gap: int = 6) -> Image.Image:
    """Draw texts (text, size, colour) below one another, wrapped, as a block of a width."""
    lines = [(line, size, ink) for text, size, ink in texts for line in wrapped(text, size, width)]
    block = blank(width, sum(line_height(size) for _, size, _ in lines) + gap * max(len(texts) - 1, 0))
    draw, top = ImageDraw.Draw(block), 0
    for text, size, ink in texts:
        for line in wrapped(text, size, width):
            draw.text((0, top), line, ink, font(size))
            top += line_height(size)
        top += gap
    return block


def line_height(size: int) -> int:
    """Return the height in pixels of a line of a font size."""
    return round(size * 1.35)


def blank(width: int, height: int) -> Image.Image:
    """Return a white block."""
    return Image.new("RGB", (width, max(height, 1)), WHITE)


def stacked(blocks: Sequence[Image.Image], gap: int) -> Image.Image:
    """Put blocks below one another, left-aligned."""
    whole = blank(max(block.width for block in blocks), sum(block.height + gap for block in blocks) - gap)
    top = 0
    for block in blocks:
        whole.paste(block, (0, top))
        top += block.height + gap
    return whole


def side_by_side(blocks: Sequence[Image.Image], gap: int) -> Image.Image:
    """Put blocks beside one another, aligned at the top."""
    whole = blank(sum(block.width + gap for block in blocks) - gap, max(block.height for block in blocks))
    left = 0
    for block in blocks:
        whole.paste(block, (left, 0))
        left += block.width + gap
    return whole


def with_margin(block: Image.Image, margin: int) -> Image.Image:
    """Put a white margin around a block."""
    whole = blank(block.width + 2 * margin, block.height + 2 * margin)
    whole.paste(block, (margin, margin))
    return whole
