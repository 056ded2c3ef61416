"""Errors by class as people read them: a table, and on request who is taken for whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mixbench.report.grid import Cell, Column, Grid
from mixbench.results.classes import ByClass
from mixbench.results.statistics import wilson

MOST_COLUMNS = 12
"""Classes up to which the matrix is drawn whole."""
PAIRS = 20


def classes_table(found: Sequence[tuple[str, ByClass]], title: str) -> Grid:
    """Draw each class's error under each condition, with what the first one's images are most often taken for."""
    under, first = found[0]
    errors = [Column(f"{name} error", right=True) for name, _ in found]
    taken = Column("most often taken for" if len(found) == 1 else f"{under}: most often taken for", drop=1)
    table = Grid([Column("class"), Column("images", right=True, drop=2), *errors, taken], title, _summary(found))
    for label, name in enumerate(first.names):
        cells = [_error(each, label) for _, each in found]
        table.add(name, str(first.images[label]), *cells, _taken(first, label))
    return table


def _error(found: ByClass, label: int) -> Cell:
    if math.isnan(found.errors[label]):
        return "–"
    text = f"{found.errors[label]:.1%}"
    if found.records > 1:
        return text
    low, high = wilson(int(found.wrong[label]), int(found.images[label]))
    return f"{text} {f'[{low * 100:.1f}, {high * 100:.1f}]':>14}", text


def _taken(found: ByClass, label: int) -> str:
    most = found.taken_for(label)
    return "" if most is None else f"{found.names[most[0]]} ({most[1] / found.confusion[label].sum():.1%})"


def _summary(found: Sequence[tuple[str, ByClass]]) -> list[str]:
    lines = [
        f"{name}: error {each.error:.1%}, balanced {each.balanced_error:.1%}, worst class {each.names[each.worst]}:"
        f" {each.errors[each.worst]:.1%}"
        for name, each in found
    ]
    count = found[0][1].records
    bars = "In brackets 95 %, over test images." if count == 1 else f"Means of {count} records."
    return [*lines, bars]


def confusion_table(found: ByClass, under: str) -> Grid:
    """Draw who is taken for whom: the matrix of counts, or where it would be too wide its largest entries."""
    return _matrix(found, under) if len(found.names) <= MOST_COLUMNS else _pairs(found, under)


def _matrix(found: ByClass, under: str) -> Grid:
    columns = [Column("class"), *(Column(name, right=True) for name in found.names)]
    table = Grid(columns, f"{under}: images of a class (rows) by what they are taken for")
    for name, row in zip(found.names, found.confusion.tolist(), strict=True):
        table.add(name, *(str(count) if count else "·" for count in row))
    return table


def _pairs(found: ByClass, under: str) -> Grid:
    columns = [
        Column("class"),
        Column("taken for"),
        Column("images", right=True),
        Column("share of the class", right=True),
    ]
    table = Grid(columns, f"{under}: the most frequent confusions (all of them in --json)")
    wrong = found.confusion.copy()
    wrong[range(len(wrong)), range(len(wrong))] = 0
    for place in wrong.argsort(axis=None, kind="stable")[::-1][:PAIRS]:
        label, taken = divmod(int(place), len(wrong))
        if count := int(wrong[label, taken]):
            share = count / found.confusion[label].sum()
            table.add(found.names[label], found.names[taken], str(count), f"{share:.1%}")
    return table


def classes_json(found: ByClass, under: str) -> dict[str, Any]:
    """Return one condition's errors by class as data; an error is null for a class without test images."""
    return {
        "under": under,
        "records": found.records,
        "error": found.error,
        "balanced_error": found.balanced_error,
        "worst_class": found.names[found.worst],
        "worst_class_error": float(found.errors[found.worst]),
        "classes": [
            {"class": name, "images": images, "error": None if math.isnan(error) else error}
            for name, images, error in zip(found.names, found.images.tolist(), found.errors.tolist(), strict=True)
        ],
        "confusion": found.confusion.tolist(),
    }
