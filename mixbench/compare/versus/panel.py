"""What other methods' records say about variances: the shipped methods at their defaults, of three seeds or more."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mixbench.augment.build import augmentation, canonical
from mixbench.augment.table import BY_NAME as METHODS
from mixbench.compare.column import FEWEST_SEEDS, Column
from mixbench.compare.components import Components, components
from mixbench.compare.contributions import contributions
from mixbench.compare.pair import Spread, spread_of
from mixbench.compare.prior import board_prior
from mixbench.compare.versus.evidence import Evidence, Outcomes
from mixbench.compare.versus.sides import Setting
from mixbench.results.found import Found, Status
from mixbench.results.measures import BY_NAME, HEADLINE
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


def panel_of(found: Sequence[Found], setting: Setting, evidence: Evidence) -> Panel:
    """Return the panel among records: verified ones, where fewer than two rows are those of a runs folder.

    A row without whole outcomes on the same examples is left out.
    """
    for status in (Status.VERIFIED, Status.LOCAL):
        alike = [each for each in found if each.status is status and setting.holds(each.record)]
        rows = [row for members in _rows(alike) if (row := _outcomes(members, evidence))]
        if len(rows) > 1:
            return Panel(tuple(rows))
    return Panel()


def _rows(found: Sequence[Found]) -> list[list[Found]]:
    by_name: dict[str, dict[int, Found]] = defaultdict(dict)
    defaults = {canonical(augmentation(name)) for name in METHODS}
    for each in found:
        if each.record.augmentation in defaults and each.record.seed is not None:
            by_name[each.record.augmentation].setdefault(each.record.seed, each)
    runs = [[seeds[seed] for seed in range(_unbroken(seeds))] for _, seeds in sorted(by_name.items())]
    return [run for run in runs if len(run) >= FEWEST_SEEDS]


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
