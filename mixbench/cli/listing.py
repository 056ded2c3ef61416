"""`mixbench list`: what there is to choose from."""

from __future__ import annotations

import json as json_module
import sys
from typing import Annotated

from cyclopts import Parameter

from mixbench.report.console import console
from mixbench.report.listing import KINDS, listing_table
from mixbench.spec.errors import unknown


def listing(kind: str, /, *, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Show augs, suites, measures or models.

    Parameters
    ----------
    kind
        One of augs, suites, measures, models.
    json
        Print an array of objects, each with its name.
    """
    if kind not in KINDS:
        raise unknown("list", kind, KINDS, f"one of {', '.join(KINDS)}")
    rows = KINDS[kind]()
    if json:
        sys.stdout.write(json_module.dumps(rows, indent=1) + "\n")
        return
    console().print(listing_table(kind, rows))
