"""Which records make a row, and whether it is ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mixbench.compare import FEWEST_SEEDS
from mixbench.results.found import Found, Status
from mixbench.results.record import EXTERNAL, Record
from mixbench.spec.digest import canonical_json

_STATUSES = tuple(Status)

NOT_RANKED = {
    Status.CLAIMED: "claimed: consistent, nobody has run it again",
    Status.EXTERNAL: "external: its weights were trained elsewhere",
}
FEW = "fewer than three seeds from 0 on"


class Members(NamedTuple):
    """The records of one row: those that are averaged, and further ones; whether the row is ranked, or why it is not.

    `run` says that the seeds are 0 … k-1, three or more of them, so that the row can be compared seed by seed.
    """

    records: tuple[Found, ...]
    further: tuple[Found, ...]
    run: bool
    why: str

    @property
    def ranked(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.why


def members_by_row(members: Sequence[Found]) -> list[Members]:
    """Return the records of each row, by status and name."""
    made: dict[tuple[int, str, str, str], list[Found]] = defaultdict(list)
    for each in sorted(members, key=lambda each: each.record.seed or 0):
        made[(_STATUSES.index(each.status), *_row_key(each.record))].append(each)
    return [_chosen(row) for _, row in sorted(made.items())]


def _chosen(row: Sequence[Found]) -> Members:
    """Seeds 0 … k-1 count, the longest unbroken run, where it is long enough: none is chosen."""
    run = tuple(each for seed, each in enumerate(row) if each.record.seed == seed)
    why = NOT_RANKED.get(row[0].status, "")
    if len(run) >= FEWEST_SEEDS:
        return Members(run, tuple(row[len(run) :]), run=True, why=why)
    return Members(tuple(row), (), run=False, why=why or FEW)


def _row_key(record: Record) -> tuple[str, str, str]:
    """Seeds are averaged within one augmentation, all its methods of the same version or source; of weights from
    elsewhere within one name."""
    outside = record.name or record.digest if record.augmentation == EXTERNAL else ""
    return record.augmentation, canonical_json(record.method_versions), outside
