"""What a board is made of: cells, rows, groups whose rows may be compared, and what people call a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from mixbench.board.published import Published
from mixbench.compare import NetWins
from mixbench.results.found import Found, Status
from mixbench.spec.plain import plain_name


@dataclass(frozen=True)
class Cell:
    """A measure of a row: mean over seeds, 95 % interval where there is one, number of seeds (or examples of one).

    `rank` is 1 + the number of rows that are better; None where the row or the measure is not ranked.
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
    of the seeds carry it. `contributed` is a method of a user's own. `net` holds its wins and losses against the panel.
    `notes` say why it has no rank, no wins or no interval that others have.
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
    net: NetWins | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """What a measure's column can tell: the difference of two rows that is told from chance, in the measure's unit.

    `seeds_for_unit` a row would bring it down to `unit`, None where none would: `floor` is what is left however many
    there are. `panel` rows speak for it. `bands` are labels of ranked rows, neighbours by their mean, best first, that
    are not told apart. `note` says why there is no resolution. Where a row has more than three seeds, `at_three` is
    what the resolution would be if none had, and `finest` what it is for rows of the most seeds.
    """

    measure: str
    unit: float
    resolution: float | None = None
    seeds_for_unit: int | None = None
    floor: float | None = None
    panel: int = 0
    bands: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    at_three: float | None = None
    finest: float | None = None


@dataclass(frozen=True)
class Panel:
    """The rows that resolution and wins rest on, by label; `listed` in a board file, or else all that are ranked.

    `missing` are listed and not there in the version that is listed, verified and of three seeds. `seeds` are the
    fewest and the most of a row.
    """

    labels: tuple[str, ...] = ()
    listed: bool = False
    missing: tuple[str, ...] = ()
    seeds: tuple[int, int] = (0, 0)


NET_WINS = "net wins"


@dataclass(frozen=True)
class Group:
    """The rows that are ranked together; `data` is the name of the data set.

    `unranked` are the rows that are only shown. Rows are sorted by `sorted_by`: net wins over the `headline` measures,
    or a measure. `columns` has a head a measure.
    """

    suite: str
    suite_version: int
    suite_digest: str
    battery_version: int
    backbone: str
    data: str
    rows: tuple[Row, ...]
    unranked: tuple[Row, ...] = ()
    columns: dict[str, Head] = field(default_factory=dict)
    panel: Panel = Panel()
    headline: tuple[str, ...] = ()
    sorted_by: str = NET_WINS

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Return the ranked rows and then the others."""
        return self.rows + self.unranked


@dataclass(frozen=True)
class Board:
    """Groups, newest suite version first; published rows; the files of records whose measurement another record has."""

    groups: tuple[Group, ...]
    published: tuple[Published, ...] = ()
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
