"""A comparison as a table: for the terminal, Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mixbench.compare.pair import Verdict
from mixbench.compare.versus.entries import Entry, by_pair
from mixbench.compare.versus.words import LEGEND, amount, interval, p_value, sentence, verdict
from mixbench.report.grid import Column, Grid

HEAD = ("measure", "a", "b", "a − b", "95 %", "p", "verdict")
COLOURS = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.SAME: "", Verdict.UNDECIDED: "dim"}


def shown(entries: Sequence[Entry], every: bool) -> list[Entry]:
    """Return the entries of a table: the headline measures, or all, or where there is no headline one all."""
    first, others = ([entry for entry in entries if entry.headline is headline] for headline in (True, False))
    sections = list(dict.fromkeys(entry.measure.section for entry in others))
    by_section = sorted(others, key=lambda entry: sections.index(entry.measure.section))
    return [*first, *by_section] if every or not first else first


def cells(entry: Entry) -> list[str]:
    """Return a row of the table."""
    measure, pair = entry.measure, entry.pair
    values = [amount(measure, value) for value in (*entry.values, None)][:2]
    difference = amount(measure, pair.difference, "+")
    return [measure.name, *values, difference, interval(entry), p_value(pair), verdict(pair)]


def pair_table(entries: Sequence[Entry], every: bool) -> Grid:
    """Draw one pair's measures, whole in 80 columns: the headline ones, then with `every` the others by section."""
    rows = shown(entries, every)
    columns = [Column(name, right=name not in ("measure", "verdict"), drop=int(name == "p")) for name in HEAD]
    table = Grid(columns, _title(entries[0]), [sentence(entries)], gap=1)
    group = None
    for entry in rows:
        if every and (entry.headline, entry.measure.section) != group:
            group = entry.headline, entry.measure.section
            table.heading(entry.measure.section)
        name = f" {entry.measure.short}" if every else entry.measure.name
        table.add(name, *cells(entry)[1:], style=COLOURS[entry.pair.verdict])
    return table


def _title(entry: Entry) -> str:
    return f"a: {entry.a.label}\nb: {entry.b.label}"


def markdown(entries: Sequence[Entry], every: bool) -> str:
    """Write the pairs' tables in Markdown."""
    return _written(entries, every, _markdown_table, _markdown)


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", text)


def _markdown_table(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEAD, ["---", *["---:"] * 5, "---"], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex(entries: Sequence[Entry], every: bool) -> str:
    """Write the pairs' tables as LaTeX tabulars; they need the package booktabs."""
    return _written(entries, every, _tabular, _latex)


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "<": "$<$",
    "∞": r"$\infty$",
}


def _latex(text: str) -> str:
    made = "".join(_LATEX.get(each, f"\\{each}" if each in "&%$#_{}" else each) for each in text)
    return re.sub(r"(?<![\w.])-(?=[\d.])", "$-$", made)


def _tabular(rows: Sequence[Sequence[str]]) -> str:
    head = [_latex(name) for name in HEAD]
    # A line that begins with a bracket would be taken for an option of the line before.
    lines = [" & ".join(line) + r" \\" for line in ([head, *rows])]
    return "\n".join([r"\begin{tabular}{lrrrrrl}", r"\toprule", lines[0], r"\midrule", *lines[1:], _END])


_END = "\\bottomrule\n\\end{tabular}"


def _written(
    entries: Sequence[Entry],
    every: bool,
    table: Callable[[Sequence[Sequence[str]]], str],
    safe: Callable[[str], str],
) -> str:
    parts: list[str] = []
    for pair in by_pair(entries):
        rows = [[safe(cell) for cell in cells(entry)] for entry in shown(pair, every)]
        parts += [safe(_title(pair[0]).replace("\n", ", ")), table(rows), safe(sentence(pair))]
    return "\n\n".join([*parts, safe(LEGEND)]) + "\n"
