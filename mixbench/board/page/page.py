"""The page's files: one HTML file without data, the board as a script of JSON, and what draws it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mixbench.board.page.data import script
from mixbench.board.page.vendor import vendor_files
from mixbench.board.rows import Board
from mixbench.board.words import INTERVALS, RANKS
from mixbench.results.measures import HEADLINE, MEASURES

HERE = Path(__file__).parent
STATIC = HERE / "static"
SCRIPTS = (
    "core",
    "edge",
    "table",
    "chosen",
    "chooser",
    "curves",
    "panel",
    "row",
    "compare",
    "scatter",
    "order",
    "published",
    "address",
    "main",
)
STYLES = ("base", "table", "panel")
TABS = (
    ("table", "Table"),
    ("scatter", "Scatter"),
    ("order", "Overall order"),
    ("published", "Published"),
    ("measures", "Measures"),
)
# 'self' alone is no file in some browsers; nothing may be fetched, framed, sent or written as markup.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


def page_files(board: Board, records_at: str | None = None, measures: Sequence[str] = HEADLINE) -> dict[str, bytes]:
    """Return the page as relative names → content; the same board gives the same bytes.

    Files from libraries are under vendor/. `records_at` is the records' folder as seen from the page ("../records"),
    where the page may link to them; `measures` are the columns shown at first. MixBenchError where itables is missing.
    """
    app = "\n".join((STATIC / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return {
        "index.html": _index(),
        "data.js": script(board, measures, records_at),
        "app.js": f'"use strict";\n(() => {{\n{app}}})();\n'.encode(),
        "style.css": "\n".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in STYLES).encode(),
        **vendor_files(),
    }


@cache
def _index() -> bytes:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(HERE)
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    vendor = sorted(vendor_files())
    text = template.get_template("index.html.j2").render(
        policy=POLICY, vendor=vendor, tabs=TABS, measures=MEASURES, intervals=INTERVALS, ranks=RANKS
    )
    return text.encode()
