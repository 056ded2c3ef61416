"""An experiment in its paper's layout: rows and heads, for the terminal, Markdown and LaTeX, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from mixbench.papers.cells import cells_of, measured_text, published_text
from mixbench.papers.experiment import Row
from mixbench.papers.reproduce import Reproduced
from mixbench.papers.verdict import Ruling, Verdict
from mixbench.papers.words import CLAIM_HEAD, claim_cells, notes
from mixbench.report.grid import Column, Grid
from mixbench.report.markup import latex_table, latex_text, markdown_table, markdown_text

Line = tuple[str, ...]
PAPER = "paper"
COLOURS = {
    Ruling.SUPPORTED: "green", Ruling.CONTRADICTED: "red", Ruling.UNDECIDED: "dim", Ruling.NOT_RUN: "dim",
}  # fmt: skip


def table_of(made: Reproduced) -> tuple[Line, list[Line]]:
    """Return a table's head and rows; a row of one cell is a heading."""
    labels = _labels(made)
    if made.experiment.layout == "columns" and len(made.measured) > 1:
        return _columns(made, labels)
    head = ("", *(text for label in labels for text in (label, PAPER)))
    return head, [line for at in range(len(made.measured)) for line in _block(made, at)]


def _labels(made: Reproduced) -> list[str]:
    """What the quantities are called: the experiment's own heads, else their names for people."""
    known = {name: each.label for one in made.measured for name, each in one.quantities.items()}
    return made.experiment.heads or [known.get(name, name) for name in made.experiment.quantities]


def _block(made: Reproduced, at: int) -> list[Line]:
    measured = made.measured[at]
    title = measured.where + (" (not run)" if measured.refused else "")
    return [(title,), *(_line(made, [at], row) for row in made.places[at].rows)]


def _columns(made: Reproduced, labels: Sequence[str]) -> tuple[Line, list[Line]]:
    one = len(labels) == 1
    titles = [
        (each.setting.title if one else f"{each.setting.title}: {label}", PAPER)
        for each in made.measured
        for label in labels
    ]
    refused: list[Line] = [(f"{each.where} (not run)",) for each in made.measured if each.refused]
    lines = [_line(made, range(len(made.measured)), row) for row in made.experiment.rows]
    return ("", *(text for pair in titles for text in pair)), [*refused, *lines]


def _line(made: Reproduced, places: Sequence[int], row: Row) -> Line:
    texts: list[str] = []
    for at in places:
        measured = made.measured[at]
        for cell in cells_of(made.experiment, made.places[at], measured, row):
            texts += [measured_text(cell, measured.quantities.get(cell.quantity)), published_text(cell)]
    return (row.label + (" *" if row.best_of else ""), *texts)


def terminal(made: Reproduced) -> list[Grid]:
    """Draw the table and the verdicts."""
    head, lines = table_of(made)
    table = Grid([Column(text, right=place > 0) for place, text in enumerate(head)], _title(made), notes(made))
    for line in lines:
        if len(line) == 1:
            table.heading(line[0])
        else:
            table.add(*line)
    if not made.verdicts:
        return [table]
    claims = Grid([Column(text, prose=text == CLAIM_HEAD[0]) for text in CLAIM_HEAD], "Claims")
    for verdict in made.verdicts:
        claims.add(*claim_cells(made, verdict), style=COLOURS.get(verdict.ruling, ""))
    return [table, claims]


def _title(made: Reproduced) -> str:
    each = made.experiment
    return f"{each.source}, {each.where}: {each.title}"


def markdown(made: Reproduced) -> str:
    """Write the table and the verdicts in Markdown."""
    return _written(made, markdown_table, markdown_text, "**")


def markdown_numbers(made: Reproduced) -> str:
    """Write the table alone in Markdown, with its notes, without the verdicts."""
    return "\n\n".join(_numbers(made, markdown_table, markdown_text, "**"))


def latex(made: Reproduced) -> str:
    """Write the table and the verdicts as LaTeX tabulars."""
    return _written(made, latex_table, latex_text)


def _written(made: Reproduced, table: Callable[..., str], safe: Callable[[str], str], bold: str = "") -> str:
    parts = _numbers(made, table, safe, bold)
    claims = [claim_cells(made, each) for each in made.verdicts]
    return "\n\n".join([*parts, table(CLAIM_HEAD, claims, range(len(CLAIM_HEAD)))] if claims else parts) + "\n"


def _numbers(made: Reproduced, table: Callable[..., str], safe: Callable[[str], str], bold: str) -> list[str]:
    head, lines = table_of(made)
    return [f"{bold}{safe(_title(made))}{bold}", table(head, lines), *map(safe, notes(made))]


def as_json(made: Reproduced) -> dict[str, Any]:
    """Return everything as data: errors as fractions, published numbers as printed."""
    experiment = made.experiment
    return {
        "experiment": experiment.key,
        "title": experiment.title,
        "source": experiment.source,
        "where": experiment.where,
        "link": experiment.link,
        "seeds": made.seeds,
        "settings": [_setting(made, at) for at in range(len(made.measured))],
        "claims": [_claim(each) for each in made.verdicts],
    }


def _setting(made: Reproduced, at: int) -> dict[str, Any]:
    place, measured = made.places[at], made.measured[at]
    return {
        "titles": [setting.title for setting in place.settings],
        "suite": place.suite.name if place.suite else None,
        "suite_digest": place.suite.digest if place.suite else None,
        "backbone": place.backbone,
        "not_run": measured.refused or None,
        "faults": list(measured.faults),
        "rows": [
            {"label": row.label, "specs": row.specs, "cells": list(map(asdict, cells))}
            for row in place.rows
            if (cells := cells_of(made.experiment, place, measured, row))
        ],
    }


def _claim(verdict: Verdict) -> dict[str, Any]:
    claim, pair = verdict.claim, verdict.pair
    difference, low, high = verdict.difference or (None, None, None)
    return {
        "says": claim.says,
        "where": claim.where,
        "setting": verdict.measured.where,
        "quantity": claim.quantity,
        "row": claim.row,
        "than": claim.than,
        "direction": claim.direction,
        "verdict": verdict.ruling.value,
        "difference": difference,
        "low": low,
        "high": high,
        "p_holm": None if pair is None else pair.p_holm,
        "seeds": None if pair is None else pair.seeds,
        "more_seeds": None if pair is None else pair.more_seeds,
    }
