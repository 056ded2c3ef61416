"""The gate's tables in the terminal."""

from __future__ import annotations

import io

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from mixbench.report.console import PLAIN_WIDTH
from mixbench.report.gate.wording import (
    CAPTION,
    COLUMNS,
    aside,
    cells,
    reasons,
    row_note,
    row_title,
    unmatched,
    verdict_line,
)
from mixbench.results.regression import Check, Row, Verdict

STYLES = {
    Verdict.OK: "",
    Verdict.REGRESSION: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
}


def check_tables(check: Check) -> Group:
    """Draw a table for every row, the reasons behind what is not ok, and the verdict."""
    lines = [Text(f"- {line}") for line in unmatched(check)]
    style = STYLES[check.verdict] or "bold green"
    parts = [part for row in check.rows for part in (*_parts(row), Text())]
    return Group(*parts, Text(CAPTION, style="dim"), *lines, Text(verdict_line(check), style=style))


def _parts(row: Row) -> list[Table | Text]:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    for place, name in enumerate(COLUMNS):
        table.add_column(Text(name), justify="left" if place in (0, len(COLUMNS) - 1) else "right", no_wrap=True)
    for finding in row.findings:
        if finding.verdict in STYLES:
            table.add_row(*map(Text, cells(finding)), style=STYLES[finding.verdict])
    why = [Text(f"- {line}", style=STYLES[verdict]) for verdict, line in reasons(row)]
    notes = [Text(line, style="dim") for line in (aside(row), row_note(row)) if line]
    return [Text(row_title(row), style="bold"), table, *notes, *why]


def check_text(check: Check) -> str:
    """Return the same as plain text, wide enough for its columns."""
    screen = Console(width=PLAIN_WIDTH, file=io.StringIO(), color_system=None)
    with screen.capture() as captured:
        screen.print(check_tables(check))
    return captured.get()
