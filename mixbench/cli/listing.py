"""`mixbench list`: what there is to choose from."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from mixbench.augment.sheet import sheet
from mixbench.augment.table import BY_NAME
from mixbench.cli.output import print_json
from mixbench.report.console import console
from mixbench.report.listing import KINDS, families, listing_table
from mixbench.spec.errors import MixBenchError, unknown


def listing(
    kind: str,
    name: str | None = None,
    /,
    *,
    aug: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show augs, suites, measures or models.

    Parameters
    ----------
    kind
        One of augs, suites, measures, models.
    name
        With augs: one method, of which everything is said.
    aug
        With models: which families of backbones this augmentation fits, found out by trying one step of each.
    json
        Print an array of objects, each with its name.
    """
    if kind not in KINDS:
        raise unknown("list", kind, KINDS, f"one of {', '.join(KINDS)}")
    if aug is not None and kind != "models":
        raise MixBenchError(f"list {kind}: --aug goes with models only; leave it out")
    if name is not None:
        _one(kind, name, json)
        return
    rows = KINDS[kind]() if aug is None else families(aug)
    if json:
        print_json(rows)
        return
    console().print(listing_table(kind, rows))


def _one(kind: str, name: str, json: bool) -> None:
    if kind != "augs":
        raise MixBenchError(f"list {kind}: a name goes with augs only, got {name!r}; leave it out")
    if name not in BY_NAME:
        raise unknown("augmentation", name, BY_NAME, "'mixbench list augs' shows them")
    if json:
        print_json([row for row in KINDS[kind]() if row["name"] == name])
    else:
        sys.stdout.write(sheet(BY_NAME[name]))
