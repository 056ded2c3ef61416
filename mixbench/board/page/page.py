"""The page's files: one HTML file without data, the board as scripts of JSON, and what draws it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mixbench.board.page.data import script, unit
from mixbench.board.page.details import detail_files
from mixbench.board.page.vendor import vendor_files
from mixbench.board.plain import csv_text, json_text
from mixbench.board.rows import Board
from mixbench.board.words import INTERVALS, NOT_RANKED_SAID, RANKS, RESOLUTION, SIGNS, WINS
from mixbench.results.measures import HEADLINE, MEASURES

HERE = Path(__file__).parent
STATIC = HERE / "static"
SCRIPTS = (
    "core",
    "words",
    "edge",
    "rows",
    "cells",
    "head",
    "table",
    "chosen",
    "chooser",
    "curves",
    "panel",
    "details",
    "row",
    "compare",
    "points",
    "scatter",
    "order",
    "published",
    "about",
    "address",
    "main",
)
STYLES = ("base", "table", "panel", "print")
TABS = (
    ("table", "Table"),
    ("order", "Overall order"),
    ("scatter", "Scatter"),
    ("published", "Published"),
    ("measures", "Measures"),
    ("about", "About"),
)
# 'self' alone is no file in some browsers; nothing may be fetched, framed, sent or written as markup.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


def page_files(board: Board, measures: Sequence[str] = HEADLINE) -> dict[str, bytes]:
    """Return the page as relative names → content; the same board by the same code gives the same bytes.

    data.js has the table, rows/ what is loaded with a row, vendor/ what the scatter takes from libraries. `measures`
    are the columns shown at first. MixBenchError where a library is missing.
    """
    names, details = detail_files(board)
    app = "\n".join((STATIC / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return {
        "index.html": _index(),
        "data.js": script(board, measures, names),
        "app.js": f'"use strict";\n(() => {{\n{app}}})();\n'.encode(),
        "style.css": "\n".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in STYLES).encode(),
        "board.csv": csv_text(board.groups).encode(),
        "board.json": json_text(board).encode(),
        **details,
        **vendor_files(),
    }


@cache
def _index() -> bytes:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(HERE)
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    said = {"intervals": INTERVALS, "ranks": RANKS, "resolution": RESOLUTION, "wins": WINS, "unranked": NOT_RANKED_SAID}
    text = template.get_template("index.html.j2").render(
        policy=POLICY, tabs=TABS, measures=MEASURES, signs=SIGNS, unit=unit, said=said
    )
    return text.encode()
