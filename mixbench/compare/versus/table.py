"""A comparison as a table: for the terminal, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mixbench.compare.pair import Verdict
from mixbench.compare.versus.entries import Entry, by_pair
from mixbench.compare.versus.words import LEGEND, amount, interval, p_value, sentence, verdict
from mixbench.report.grid import Column, Grid
from mixbench.report.markup import latex_table, latex_text, markdown_table, markdown_text

HEAD = ("measure", "a", "b", "a − b", "95 %", "p", "verdict")
LEFT = (0, len(HEAD) - 1)
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
    return _written(entries, every, markdown_table, markdown_text)


def latex(entries: Sequence[Entry], every: bool) -> str:
    """Write the pairs' tables as LaTeX tabulars; they need the package booktabs."""
    return _written(entries, every, latex_table, latex_text)


def _written(entries: Sequence[Entry], every: bool, table: Callable[..., str], safe: Callable[[str], str]) -> str:
    parts: list[str] = []
    for pair in by_pair(entries):
        title = safe(_title(pair[0]).replace("\n", ", "))
        rows = [cells(entry) for entry in shown(pair, every)]
        parts += [title, table(HEAD, rows, LEFT), safe(sentence(pair))]
    return "\n\n".join([*parts, safe(LEGEND)]) + "\n"
