"""What other methods' records say about variances: a board's panel, of three seeds or more a row."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mixbench.augment.table import BY_NAME as METHODS
from mixbench.compare.column import FEWEST_SEEDS, Column
from mixbench.compare.components import Components, components
from mixbench.compare.contributions import contributions
from mixbench.compare.pair import Spread, spread_of
from mixbench.compare.prior import board_prior
from mixbench.compare.versus.board_file import default, read_board_file
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.scope import Scope
from mixbench.results.array import Outcomes
from mixbench.results.found import Found, Status
from mixbench.results.measures import BY_NAME, HEADLINE
from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError


@dataclass(frozen=True, eq=False)
class Panel:
    """The outcomes of each row's seeds 0 … S-1."""

    rows: tuple[tuple[Outcomes, ...], ...] = ()
    _found: dict[str, Components | None] = field(default_factory=dict)

    @cached_property
    def prior(self) -> float:
        """The board's d₀, from the headline measures."""
        return board_prior([found for name in HEADLINE if (found := self.components(name))])

    def components(self, name: str) -> Components | None:
        """Return a measure's variance components; None where fewer than two rows have it."""
        if name not in self._found:
            tables = [table for row in self.rows if (table := contributions(BY_NAME[name], row)) is not None]
            alike = [table for table in tables if table.shape[1] == tables[0].shape[1]]
            self._found[name] = components(alike) if len(alike) > 1 else None
        return self._found[name]

    def spread(self, name: str, examples: int) -> Spread:
        """Return what it says about a pair's variance in a measure of so many examples."""
        found = self.components(name)
        return spread_of(found, self.prior) if found and found.examples == examples else Spread()

    def column(self, name: str) -> Column | None:
        """Return a measure's column; None where fewer than two rows have it."""
        found = self.components(name)
        return Column(found, self.prior) if found else None


def panel_of(found: Sequence[Found], scope: Scope, evidence: Evidence) -> Panel:
    """Return the panel among records: what a board file lists, else the verified shipped methods at their defaults.

    Where those are fewer than two rows, those of a runs folder. A row without whole outcomes on the same examples is
    left out. MixBenchError for a board file that is not right.
    """
    for status in (Status.VERIFIED, Status.LOCAL):
        alike = [each for each in found if each.status is status and scope.holds(each.record)]
        rows = [row for members in _rows(alike) if (row := _outcomes(members, evidence))]
        if len(rows) > 1:
            return Panel(tuple(rows))
    return Panel()


def _rows(found: Sequence[Found]) -> list[list[Found]]:
    by_name: dict[str, dict[int, Found]] = defaultdict(dict)
    holds = _panel(found)
    for each in found:
        if each.record.seed is not None and holds(each.record):
            by_name[each.record.augmentation].setdefault(each.record.seed, each)
    runs = [[seeds[seed] for seed in range(_unbroken(seeds))] for _, seeds in sorted(by_name.items())]
    return [run for run in runs if len(run) >= FEWEST_SEEDS]


def _panel(found: Sequence[Found]) -> Callable[[Record], object]:
    """What says of a record whether its row is of the panel."""
    homes = sorted({each.path.parent.parent for each in found if each.status is Status.VERIFIED})
    listed = next((made for home in homes if (made := read_board_file(home))), None)
    shipped = {default(name) for name in METHODS}
    return listed.holds if listed else lambda record: record.augmentation in shipped


def _unbroken(seeds: dict[int, Found]) -> int:
    return next(seed for seed in range(len(seeds) + 1) if seed not in seeds)


def _outcomes(members: Sequence[Found], evidence: Evidence) -> tuple[Outcomes, ...]:
    try:
        return tuple(evidence.of(each) for each in members)
    except MixBenchError:
        return ()


def smallest_seed_variance(examples: int) -> float:
    """Return the variance of rounding to one example of N, which a spread is never taken as smaller than."""
    return 1 / (12 * examples**2) if examples > 1 else math.ulp(1.0)
