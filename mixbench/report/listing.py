"""What `mixbench list` shows: augmentations, suites, measures and models, from the tables that everything reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.progress import track

from mixbench.augment.describe import describe_method, rivals
from mixbench.augment.table import METHODS
from mixbench.report.console import console
from mixbench.report.grid import Column, Grid
from mixbench.report.numbers import eps_text, short
from mixbench.results.measures import MEASURES
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


_SHOWN: dict[str, list[Column]] = {
    "augs": [Column("name"), Column("summary", prose=True), Column("parameters", prose=True), Column("paper", drop=1)],
    "suites": [
        *(Column(name) for name in ("name", "backbone", "images")),
        *(
            Column(name, right=True, drop=at)
            for at, name in enumerate(("classes", "eps", "epochs", "size", "version"), 1)
        ),
    ],
    "measures": [Column("name"), Column("unit", drop=2), Column("direction", drop=1), Column("meaning", prose=True)],
    "models": [Column("name")],
    "families": [Column("name"), Column("family"), Column("fits"), Column("reason", prose=True)],
}
"""What people are shown of each list; scripts are told everything."""


_MORE = {"augs": ["One in full, such as cutmix: mixbench list augs cutmix"]}


def listing_table(kind: str, rows: list[Row]) -> Grid:
    """Draw a list as a table."""
    columns = _SHOWN["families" if rows and "fits" in rows[0] else kind]
    table = Grid(columns, f"{len(rows)} {kind}", _MORE.get(kind, []))
    for row in rows:
        table.add(*(_cell(column.head, row[column.head]) for column in columns))
    return table


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "eps":
        return eps_text(value)
    if isinstance(value, list):
        return ", ".join(_cell(name, item) for item in value)
    if isinstance(value, dict):
        return f"{value['name']}={short(value['default'])}"
    return str(value)
