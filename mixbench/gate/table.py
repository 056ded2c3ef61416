"""The gate's tables in the terminal."""

from __future__ import annotations

import io

from rich.console import Console, Group
from rich.text import Text

from mixbench.gate.check import Check, Row
from mixbench.gate.verdict import Verdict
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
from mixbench.report.grid import Column, Grid, Prose

STYLES = {
    Verdict.OK: "",
    Verdict.REGRESSION: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.IMPROVED: "green",
}


_DROP = {"tolerance": 1, "p": 2, "sees": 3}
"""What a narrow terminal goes without, the highest first, so that no number and no verdict is cut."""


def check_tables(check: Check) -> Group:
    """Draw a table for every row, the reasons behind what is not ok, and the verdict."""
    lines = [Prose(f"- {line}") for line in (*unmatched(check), *advice(check))]
    style = STYLES[check.verdict] or "bold green"
    parts = [part for row in check.rows for part in (*_parts(row), Text())]
    return Group(*parts, Prose(CAPTION, style="dim"), *lines, Prose(verdict_line(check), style=style))


def _parts(row: Row) -> list[Grid | Prose]:
    last = len(COLUMNS) - 1
    columns = [Column(name, right=0 < at < last, drop=_DROP.get(name, 0)) for at, name in enumerate(COLUMNS)]
    table = Grid(columns)
    for finding in failures_first(row):
        table.add(*cells(finding), style=STYLES[finding.verdict])
    why = [Prose(f"- {line}", style=STYLES[verdict]) for verdict, line in reasons(row)]
    notes = [Prose(line, style="dim") for line in (folded(row), aside(row), row_note(row)) if line]
    return [Prose(row_title(row), style="bold"), *([table] if table.rows else []), *why, *notes]


def check_text(check: Check) -> str:
    """Return the same as plain text, wide enough for its columns."""
    screen = Console(width=PLAIN_WIDTH, file=io.StringIO(), color_system=None)
    with screen.capture() as captured:
        screen.print(check_tables(check), crop=False)
    return captured.get()
