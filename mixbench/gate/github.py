"""The gate's findings on GitHub: annotations as workflow commands, and a step summary in Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from mixbench.gate.check import Check, Row
from mixbench.gate.newflags import NewFlag
from mixbench.gate.verdict import Finding, Verdict
from mixbench.gate.wording import (
    CAPTION,
    COLUMNS,
    advice,
    aside,
    cells,
    failures_first,
    flag_sentence,
    reasons,
    row_note,
    row_title,
    sentence,
    unmatched,
    verdict_line,
)
from mixbench.spec.plain import plain_name

MOST_ANNOTATIONS = 10
"""GitHub shows no more of one kind from one step."""

MOST_LINES = 500
"""A step summary may have 1 MiB; a line stays below 2,000 bytes."""

_SPECIAL = re.compile(r"[^A-Za-z0-9 ,=/]")


def workflow_commands(check: Check, allow_inconclusive: bool) -> list[str]:
    """Return the workflow commands: an error a regression, and for a lack of evidence an error, or a warning."""
    bad = [_flag("error", row, each) for row, each in check.flags(sure=True)]
    bad += [_command("error", row, each) for row, each in check.findings(Verdict.REGRESSION)]
    unclear = "warning" if allow_inconclusive or bad else "error"
    # What is missing is no lack of evidence, which could be allowed.
    missing = "warning" if bad else "error"
    doubtful = [command(missing, "mixbench check: missing", name) for name in check.missing]
    doubtful += [_flag(unclear, row, each) for row, each in check.flags(sure=False)]
    doubtful += [_command(unclear, row, each) for row, each in check.findings(Verdict.INCONCLUSIVE)]
    return bad[:MOST_ANNOTATIONS] + doubtful[:MOST_ANNOTATIONS]


def _command(kind: str, row: Row, finding: Finding) -> str:
    return command(kind, f"mixbench check: {finding.comparison.measure}", f"{row_title(row)}: {sentence(finding)}")


def _flag(kind: str, row: Row, flag: NewFlag) -> str:
    return command(kind, f"mixbench check: {flag.name}", f"{row_title(row)}: {flag_sentence(flag)}")


def refusal_command(why: str) -> str:
    """Return the workflow command for what could not be compared."""
    return command("error", "mixbench check", why)


def refusal_summary(why: str) -> str:
    """Return the step summary for what could not be compared."""
    return f"## mixbench check: not compared\n\n{literal(why, 1000)}\n"


def command(kind: str, title: str, message: str) -> str:
    """Return one workflow command with everything escaped that GitHub would take for its own."""
    return f"::{kind} title={_escaped(plain_name(title), ':,')}::{_escaped(plain_name(message, 1000))}"


def _escaped(text: str, also: str = "") -> str:
    for character in ("%", "\r", "\n", *also):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def summary(check: Check) -> str:
    """Return the step summary; a name is text in it, whatever Markdown, HTML or address it holds."""
    lines = [f"## mixbench check: {check.verdict.value}", "", html.escape(verdict_line(check)), ""]
    for row in check.rows:
        lines += _section(row)
    lines += [f"- {literal(line)}" for line in unmatched(check)]
    lines += [f"- {literal(line, 1000)}" for line in advice(check)]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], "", f"and {len(lines) - MOST_LINES} more lines: see the log"]
    return "\n".join([*lines, "", html.escape(CAPTION), ""])


def _section(row: Row) -> list[str]:
    fine = [each for each in row.findings if each.verdict is Verdict.OK]
    why = [f"- {literal(line, 1000)}" for _, line in reasons(row)]
    notes = [part for line in (aside(row), row_note(row)) if line for part in (html.escape(line), "")]
    folded = (
        ["<details>", f"<summary>{len(fine)} ok</summary>", "", *_table(fine), "", "</details>", ""] if fine else []
    )
    return [f"### {literal(row_title(row))}", "", *_table(failures_first(row)), "", *why, "", *folded, *notes, ""]


def _table(findings: Sequence[Finding]) -> list[str]:
    lines = [_line(cells(each)) for each in findings]
    return [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *lines] if lines else []


def _line(parts: Iterable[str]) -> str:
    return f"| {' | '.join(html.escape(part) for part in parts)} |"


def literal(text: str, most: int = 300) -> str:
    """Return a text that Markdown shows as it is: all but letters and digits as character references."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", plain_name(text, most))
