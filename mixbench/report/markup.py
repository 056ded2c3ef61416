"""Tables as Markdown and LaTeX, every stranger's character escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mixbench.spec.plain import plain

_LONG = 10_000
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "±": r"$\pm$",
    "<": "$<$",
    ">": "$>$",
    "∞": r"$\infty$",
    "α": r"$\alpha$",
    "λ": r"$\lambda$",
    "σ": r"$\sigma$",
}


def markdown_text(text: str) -> str:
    """Escape a text for Markdown, as one line."""
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", plain(text, _LONG))


def latex_text(text: str) -> str:
    """Escape a text for LaTeX, as one line; a minus before a number is a minus."""
    made = "".join(_LATEX.get(each, f"\\{each}" if each in "&%$#_{}" else each) for each in plain(text, _LONG))
    return re.sub(r"(?<![\w.])-(?=[\d.])", "$-$", made)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Write a table in Markdown; columns stand right but for those in `left`; a row of one cell is a heading."""
    rule = ["---" if place in left else "---:" for place in range(len(head))]
    lines = [list(map(markdown_text, head)), rule, *(_wide(row, len(head), markdown_text) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Write a tabular, as markdown_table has it; it needs the package booktabs."""
    shape = "".join("l" if place in left else "r" for place in range(len(head)))
    lines = [" & ".join(_wide(row, len(head), latex_text)) + r" \\" for row in (head, *rows)]
    body = [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", lines[0], r"\midrule", *lines[1:]]
    return "\n".join([*body, "\\bottomrule\n\\end{tabular}"])


def _wide(row: Sequence[str], width: int, safe: Callable[[str], str]) -> list[str]:
    return [*map(safe, row), *[""] * (width - len(row))]
