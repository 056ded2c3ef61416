"""What people call a row of a board, without ever running a stranger's file."""

from __future__ import annotations

from functools import cache

from mixbench.augment.build import brief
from mixbench.augment.protocol import Augmentation
from mixbench.augment.table import BY_NAME
from mixbench.board.rows import Description
from mixbench.spec.errors import MixBenchError
from mixbench.spec.grammar import parse
from mixbench.spec.plain import plain_name

FAMILIES = ("baseline", "mixing", "pixels", "targets", "model", "loss", "combination", "contributed", "external")
_KINDS = {"criterion": "loss", "schedule": "pixels"}


@cache
def describe(spec: str) -> Description:
    """Return a spec's short form, its family and whether it is contributed.

    A spec with any method that is not in MixBench's own table is contributed, and stays as it is written: to shorten it
    would be to load its file.
    """
    try:
        choices = parse(spec)
    except MixBenchError:
        return Description(plain_name(spec), "contributed", True)
    names = [method.name for choice in choices for method in choice]
    if not all(name in BY_NAME for name in names):
        return Description(plain_name(spec), "contributed", True)
    family = family_of(BY_NAME[names[0]]) if len(names) == 1 else "combination"
    return Description(plain_name(brief(spec)), family, False)


def family_of(method: type[Augmentation]) -> str:
    """Return a method's family: mixing where it takes a partner, else the first of what it changes."""
    if "partner" in method.claims:
        return "mixing"
    return _KINDS.get(method.changes[0], method.changes[0]) if method.changes else "baseline"
