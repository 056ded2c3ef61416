"""What every figure has in common: colours, one style whatever the user's own, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("png", "svg", "pdf")
WHITE, INK, GREY, TRACK = "#ffffff", "#1a202c", "#5b6675", "#e9edf2"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d")
"""Told apart with every kind of colour vision. Okabe and Ito, Color Universal Design, 2008, darkened black."""

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    # Text stays text: searchable, and in the font of whoever edits it.
    "svg.fonttype": "none",
    "svg.hashsalt": "mixbench",
    "pdf.fonttype": 42,
}
_METADATA = {
    "png": {"Software": None},
    "svg": {"Creator": None, "Date": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


class Drawable(Protocol):
    """What can be drawn."""

    def draw(self, kind: str) -> bytes:
        """Return a file of one of KINDS."""
        ...


@contextmanager
def style() -> Iterator[None]:
    """Draw as MixBench does, whatever a matplotlibrc says."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def rendered(figure: Figure, kind: str, dpi: int) -> bytes:
    """Return a figure as a file of one of KINDS, the same bytes for the same figure and libraries."""
    file = BytesIO()
    packed: dict[str, Any] = {"pil_kwargs": {"optimize": True}} if kind == "png" else {}
    figure.savefig(file, format=kind, dpi=dpi, metadata=_METADATA[kind], **packed)
    # A viewer without the font takes one of the same kind.
    return file.getvalue().replace(b"'DejaVu Sans'", b"'DejaVu Sans', sans-serif") if kind == "svg" else file.getvalue()


def legible(text: str) -> str:
    """Spell what the font has no glyph for by its letter without marks, else '?'."""
    return "".join(each if _has_glyph(each) else _bare(each) for each in text)


def _bare(character: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if _has_glyph(plain) else "?"


def _has_glyph(character: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return ord(character) in get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap()
