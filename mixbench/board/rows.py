"""What a board is made of: cells, rows, groups whose rows may be compared, and what people call a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from mixbench.board.published import Published
from mixbench.board.ranking import Order
from mixbench.results.found import Found, Status
from mixbench.spec.plain import plain_name


@dataclass(frozen=True)
class Cell:
    """A measure of a row: mean over seeds, 95 % interval where there is one, number of seeds (or examples of one).

    `rank` is None where no interval is defined or the measure is not ranked.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    rank: int | None
    best: bool


@dataclass(frozen=True)
class Row:
    """One augmentation on one backbone: `augmentation` canonical, `label` for people, a cell a measure it has.

    `records` and their `seeds` are averaged, the `further` ones are not. `flags` has each sentence once, with how many
    of the seeds carry it. `contributed` is a method of a user's own.
    """

    augmentation: str
    label: str
    backbone: str
    suite: str
    suite_version: int
    suite_digest: str
    battery_version: int
    seeds: tuple[int, ...]
    records: tuple[Found, ...]
    cells: dict[str, Cell]
    flags: tuple[str, ...]
    family: str
    contributed: bool
    status: Status
    further: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Group:
    """The rows that are ranked together, in the overall order; `data` is the name of the data set.

    `unranked` are the rows that are only shown: claims, and records whose seeds 0, 1 and 2 are not all there.
    """

    suite: str
    suite_version: int
    suite_digest: str
    battery_version: int
    backbone: str
    data: str
    rows: tuple[Row, ...]
    order: Order | None
    unranked: tuple[Row, ...] = ()

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Return the ranked rows and then the others."""
        return self.rows + self.unranked


@dataclass(frozen=True)
class Board:
    """Groups, newest suite version first; published rows; the files of records that no row may hold.

    `left_out` are those of weights that were trained elsewhere, `doubles` those whose measurement another record has.
    """

    groups: tuple[Group, ...]
    published: tuple[Published, ...] = ()
    left_out: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()


class Description(NamedTuple):
    """What people call a spec, the family of its method, and whether it is of a user's own making."""

    label: str
    family: str
    contributed: bool


Describe = Callable[[str], Description]


def as_written(spec: str) -> Description:
    """Describe a spec by itself."""
    return Description(plain_name(spec), "", False)
