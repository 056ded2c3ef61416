"""What `mixbench list` shows: augmentations, suites, measures and models, from the tables that everything reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.markup import escape
from rich.progress import track
from rich.table import Table

from mixbench.augment.describe import describe_method, rivals
from mixbench.augment.table import METHODS
from mixbench.report.console import console
from mixbench.results.measures import MEASURES
from mixbench.spec.grammar import write
from mixbench.spec.suite import load_suite, suite_names

Row = dict[str, Any]


def augs() -> list[Row]:
    """Return one row a method: parameters with defaults and ranges, paper, what it changes and what it clashes with."""
    return [{**describe_method(method), "not_with": rivals(method)} for method in METHODS]


def suites() -> list[Row]:
    """Return one row a shipped suite."""
    return [
        {
            "name": suite.name,
            "version": suite.version,
            "digest": suite.digest,
            "backbone": suite.backbone,
            "images": f"{suite.data.train_images} + {suite.data.test_images}",
            "size": f"{suite.data.channels}x{suite.data.height}x{suite.data.width}",
            "classes": suite.data.classes,
            "epochs": suite.training.epochs,
            "eps": suite.battery.eps,
        }
        for suite in map(load_suite, suite_names())
    ]


def measures() -> list[Row]:
    """Return one row a measure: unit, direction, range, meaning."""
    return [
        {
            "name": measure.name,
            "unit": measure.unit,
            "direction": measure.direction.value,
            "range": list(measure.range),
            "meaning": measure.meaning,
        }
        for measure in MEASURES
    ]


def models() -> list[Row]:
    """Return one row a backbone that timm knows; loads torch."""
    from mixbench.training.backbone import backbone_names

    return [{"name": name} for name in backbone_names()]


def families(aug: str) -> list[Row]:
    """Return one row a family of backbones: whether an augmentation fits it at 32x32, found out by trying a step."""
    from mixbench.training.fits import FAMILIES, SMALL_COLOUR, fits

    rows, screen = [], console(stderr=True)
    steps = track(FAMILIES.items(), "trying a step of each family", console=screen, disable=not screen.is_terminal)
    for family, name in steps:
        reason = fits(name, aug, SMALL_COLOUR)
        rows.append({"name": name, "family": family, "fits": reason is None, "reason": reason or ""})
    return rows


KINDS: dict[str, Callable[[], list[Row]]] = {
    "augs": augs,
    "suites": suites,
    "measures": measures,
    "models": models,
}


_HIDDEN = ("range", "digest", "summary", "claims", "not_with", "origin")
"""What only scripts are told."""


def listing_table(kind: str, rows: list[Row]) -> Table:
    """Draw a list as a table."""
    table = Table(title=f"{len(rows)} {kind}", title_justify="left")
    shown = [
        column for column in rows[0] if column not in ("range", "digest", "summary", "claims", "not_with", "origin")
    ]
    for column in shown:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(row[column])) for column in shown))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(_cell(item) for item in value)
    if isinstance(value, dict):
        return f"{value['name']}={write(value['default'])} ({value['range']})"
    return str(value)
