"""Every two rows of a group by the paired test, as `mixbench compare` has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from mixbench.board.evidence import Tables, tables_of
from mixbench.board.rows import Group
from mixbench.board.standing import panel_components
from mixbench.compare import Pair, Spread, adjust, board_prior, spread_of
from mixbench.compare.versus.entries import COMPARED, pair_of
from mixbench.results.measures import BY_NAME, HEADLINE

MOST_ROWS = 60
"""Of groups in which all rows are compared in all measures; of more, with the panel's rows in the headline ones."""


class Places(NamedTuple):
    """Two rows by their places among a group's rows, the later first."""

    later: int
    earlier: int


def pairs_of(group: Group) -> dict[Places, dict[str, Pair]]:
    """Return the difference later - earlier of two rows by measure, headline ones by Holm's p.

    Rows without seeds 0 … k-1 and their outcomes are in no pair; two rows are compared over the seeds that both have.
    """
    rows = group.all_rows
    few = len(rows) <= MOST_ROWS
    names = [name for name in COMPARED if few or name in HEADLINE]
    tables = [tables_of(row.records, names)[0] if _is_run(row.seeds) else {} for row in rows]
    panel = [place for place, row in enumerate(rows) if row.label in group.panel.labels and place < len(group.rows)]
    spreads = _spreads(tables, panel, names)
    wanted = (Places(later, earlier) for earlier, later in combinations(range(len(rows)), 2))
    kept = (places for places in wanted if few or set(places) & set(panel))
    return {places: made for places in kept if (made := _pair(tables[places.later], tables[places.earlier], spreads))}


def _is_run(seeds: Sequence[int]) -> bool:
    return bool(seeds) and tuple(seeds) == tuple(range(len(seeds)))


def _spreads(tables: Sequence[Tables], panel: Sequence[int], names: Sequence[str]) -> dict[str, Spread]:
    found = {name: made[0] for name in names if (made := panel_components(tables, panel, name))}
    prior = board_prior([found[name] for name in HEADLINE if name in found])
    return {name: spread_of(found.get(name), prior) for name in names}


def _pair(one: Tables, other: Tables, spreads: Mapping[str, Spread]) -> dict[str, Pair]:
    made = dict(_measures(one, other, spreads))
    first = [name for name in HEADLINE if name in made]
    return made | dict(zip(first, adjust([made[name] for name in first]), strict=True))


def _measures(one: Tables, other: Tables, spreads: Mapping[str, Spread]) -> Iterator[tuple[str, Pair]]:
    for name, spread in spreads.items():
        if name not in one or name not in other or one[name].shape[1] != other[name].shape[1]:
            continue
        seeds = min(len(one[name]), len(other[name]))
        a, b = one[name][:seeds].astype(float), other[name][:seeds].astype(float)
        yield name, pair_of(BY_NAME[name], a, b, spread)
