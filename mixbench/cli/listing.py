"""`mixbench list`: what there is to choose from."""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatchcase

from mixbench.augment.sheet import sheet
from mixbench.augment.table import BY_NAME
from mixbench.cli.output import Flag, print_json
from mixbench.report.console import console
from mixbench.report.listing import KINDS, Row, families, listing_table
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain


def listing(
    kind: str,
    name: str | None = None,
    /,
    *,
    aug: str | None = None,
    json: Flag = False,
) -> None:
    """Show augs, suites, measures or models.

    Parameters
    ----------
    kind
        One of augs, suites, measures, models.
    name
        One by its name, of a method everything; or a pattern such as 'resnet*'.
    aug
        With models: which families of backbones this augmentation fits, found out by trying one step of each.
    json
        Print an array of objects, each with its name.
    """
    if kind not in KINDS:
        raise unknown("list", kind, KINDS, f"one of {', '.join(KINDS)}")
    if aug is not None and kind != "models":
        raise MixBenchError(f"list {kind}: --aug goes with models only; leave it out")
    rows = KINDS[kind]() if aug is None else families(aug)
    rows = rows if name is None else _named(kind, name, rows)
    if json:
        print_json(rows)
    elif kind == "augs" and name in BY_NAME:
        sys.stdout.write(sheet(BY_NAME[name]))
    else:
        console().show(listing_table(kind, rows))


def _named(kind: str, pattern: str, rows: list[Row]) -> list[Row]:
    found = [row for row in rows if fnmatchcase(row["name"], pattern)]
    if not found:
        _refuse_spec(kind, pattern)
        names = [row["name"] for row in rows]
        raise unknown(kind.removesuffix("s"), pattern, names, f"'mixbench list {kind}' shows them")
    return found


def _refuse_spec(kind: str, given: str) -> None:
    """Refuse a method with parameters, several methods, and one of a user's own, where a name is needed."""
    first = re.split(r"[(+| ]", given)[0]
    if kind == "augs" and ".py:" in given:
        raise MixBenchError("list augs: needed one of MixBench's own; 'mixbench check-aug' and 'show' take yours")
    if kind == "augs" and first in BY_NAME:
        raise MixBenchError(f"list augs: needed a name, got {plain(given)!r}; try 'mixbench list augs {first}'")
