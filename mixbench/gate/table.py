"""The gate's tables in the terminal."""

from __future__ import annotations

import io
from collections.abc import Collection

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from mixbench.gate.regression import Check, Row, Verdict
from mixbench.gate.wording import (
    CAPTION,
    COLUMNS,
    advice,
    aside,
    cells,
    failures_first,
    folded,
    reasons,
    row_note,
    row_title,
    unmatched,
    verdict_line,
)
from mixbench.report.console import PLAIN_WIDTH

STYLES = {
    Verdict.OK: "",
    Verdict.REGRESSION: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.IMPROVED: "green",
}

WIDE = 106
"""Characters that the whole table may need."""
LEFT_OUT = ("tolerance", "p", "sees")
"""Columns that a narrow terminal goes without, so that no number and no verdict is cut."""


def check_tables(check: Check, width: int = PLAIN_WIDTH) -> Group:
    """Draw a table for every row, the reasons behind what is not ok, and the verdict, in so many characters a line."""
    without = () if width >= WIDE else LEFT_OUT
    lines = [Text(f"- {line}") for line in (*unmatched(check), *advice(check))]
    style = STYLES[check.verdict] or "bold green"
    parts = [part for row in check.rows for part in (*_parts(row, without), Text())]
    caption = f"{CAPTION} Left out for want of room: {', '.join(without)}." if without else CAPTION
    return Group(*parts, Text(caption, style="dim"), *lines, Text(verdict_line(check), style=style))


def _parts(row: Row, without: Collection[str]) -> list[Table | Text]:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    shown = [place for place, name in enumerate(COLUMNS) if name not in without]
    for place in shown:
        left = place in (0, len(COLUMNS) - 1)
        table.add_column(Text(COLUMNS[place]), justify="left" if left else "right", no_wrap=True)
    for finding in failures_first(row):
        said = cells(finding)
        table.add_row(*(Text(said[place]) for place in shown), style=STYLES[finding.verdict])
    why = [Text(f"- {line}", style=STYLES[verdict]) for verdict, line in reasons(row)]
    notes = [Text(line, style="dim") for line in (folded(row), aside(row), row_note(row)) if line]
    return [Text(row_title(row), style="bold"), *([table] if table.row_count else []), *why, *notes]


def check_text(check: Check) -> str:
    """Return the same as plain text, wide enough for its columns."""
    screen = Console(width=PLAIN_WIDTH, file=io.StringIO(), color_system=None)
    with screen.capture() as captured:
        screen.print(check_tables(check))
    return captured.get()
