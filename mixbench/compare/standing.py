"""Which rows of a column are better than which, their ranks, and the bands of those that are not told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from mixbench.compare.column import Column, Row

TIE = 1e-12
"""Of means: sums of the same numbers in another order are no difference."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Of a column's rows: whether j is better than i (K, K), 1 + the number of rows better than each, and the bands.

    A band has the places of neighbours by mean, best first, no two of them told apart; bands may overlap and every
    largest one is there. A row that is not ranked is in none, and its rank is None.
    """

    better: Bool[np.ndarray, "k k"]
    ranks: tuple[int | None, ...]
    bands: tuple[tuple[int, ...], ...]


def better(column: Column, rows: Sequence[Row]) -> Bool[np.ndarray, "k k"]:
    """Return for each row j and i whether j is better than i: mean_i - mean_j > T_j, where lower is better."""
    means, ranked = np.array([row.mean for row in rows]), column.ranked(rows)
    above = np.zeros((len(rows), len(rows)), dtype=bool)
    for seeds, places in by_seeds(column, rows).items():
        thresholds = column.thresholds(rows, seeds)
        above[:, places] = means[places] - means[:, None] > thresholds[:, None] + TIE
    return above & ranked[:, None] & ranked[None, :]


def by_seeds(column: Column, rows: Sequence[Row]) -> dict[int, list[int]]:
    """Return the places of rows by their seeds, all of the panel's fewest and more together."""
    groups: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(min(row.seeds, *column.panel.seeds), []).append(place)
    return groups


def standing(column: Column, rows: Sequence[Row]) -> Standing:
    """Return who is better than whom, the ranks, and the bands of rows that are not told apart.

    A rank is 1 + the number of rows better, which never falls as the mean gets worse; a row of fewer seeds than the
    panel, of which less is known, ranks no higher than any row of a better mean.
    """
    wins, ranked = better(column, rows), column.ranked(rows)
    means, counts = np.array([row.mean for row in rows]), np.where(ranked, 1 + wins.sum(axis=0), 0)
    ranks = np.where(means[:, None] <= means[None, :], counts[:, None], 0).max(axis=0, initial=0)
    known = tuple(int(rank) if there else None for rank, there in zip(ranks, ranked, strict=True))
    return Standing(wins, known, _bands(means.tolist(), wins, ranked.tolist()))


def _bands(
    means: Sequence[float], wins: Bool[np.ndarray, "k k"], ranked: Sequence[bool]
) -> tuple[tuple[int, ...], ...]:
    order = [int(place) for place in np.argsort(np.array(means), kind="stable") if ranked[place]]
    wins = wins[np.ix_(order, order)]
    found: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = found[-1][1] if found else first
        last = max(last, first)
        while last + 1 < len(order) and not wins[first : last + 1, last + 1].any():
            last += 1
        if last > first and (not found or found[-1][1] < last):
            found.append((first, last))
    return tuple(tuple(order[first : last + 1]) for first, last in found)
