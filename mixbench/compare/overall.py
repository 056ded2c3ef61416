"""Wins less losses against the panel over the headline measures, with an interval."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from mixbench.compare.column import FEWEST_SEEDS, Column, Row
from mixbench.compare.standing import TIE, by_seeds
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import SUITE_SEED, stream

DRAWS = 2000
_GROUPS = 1000
"""Of examples that are drawn together where there are more."""


@dataclass(frozen=True)
class NetWins:
    """How many (panel row, measure) pairs a row is better than and worse than; low and high bound the difference."""

    wins: int
    losses: int
    low: int
    high: int

    @property
    def net(self) -> int:
        """Wins less losses."""
        return self.wins - self.losses


@dataclass(frozen=True, eq=False)
class Headline:
    """One headline measure: its column, the panel's rows first, each with its mean over seeds an example (N,).

    `axis` names what the examples are: measures of one axis are drawn together.
    """

    column: Column
    rows: Sequence[Row]
    examples: Sequence[Float[np.ndarray, " n"]]
    axis: Hashable = "test"


def net_wins(measures: Sequence[Headline]) -> list[NetWins | None]:
    """Return each row's wins and losses against the panel, with 95 % intervals by 2,000 draws.

    A draw adds to each row's means residuals of the panel's trainings, a training's over all measures at once, and one
    joint draw of the examples; critical values and thresholds stay. Rows outside are drawn alike, from a stream of
    their own, so that no row moves another. None for rows of fewer than three seeds. MixBenchError where measures have
    not the same panel and rows.
    """
    _check(measures)
    count = len(measures[0].rows)
    noise = _training_noise([m.column for m in measures], [row.seeds for row in measures[0].rows])
    net, wins, losses = np.zeros((DRAWS, count), dtype=np.int64), np.zeros(count, int), np.zeros(count, int)
    for place, measure in enumerate(measures):
        means = np.array([row.mean for row in measure.rows])
        won, lost = _against(means[None], measure)
        wins, losses = wins + won[0], losses + lost[0]
        won, lost = _against(means + noise[place] + _example_noise(measure), measure)
        net += won - lost
    low, high = np.percentile(net, [2.5, 97.5], axis=0, method="nearest")
    whole = [NetWins(*map(int, each)) for each in zip(wins, losses, low, high, strict=True)]
    return [each if row.seeds >= FEWEST_SEEDS else None for each, row in zip(whole, measures[0].rows, strict=True)]


def _against(
    means: Float[np.ndarray, "d k"], measure: Headline
) -> tuple[Int[np.ndarray, "d k"], Int[np.ndarray, "d k"]]:
    """Count for each draw and row the panel rows that it is better than, and those that are better than it."""
    column, panel = measure.column, means[:, : measure.column.panel.methods]
    own = means + column.thresholds(measure.rows) + TIE
    won = panel.shape[1] - _below(np.sort(panel, axis=1), own, "right")
    lost = np.empty_like(won)
    for seeds, places in by_seeds(column, measure.rows).items():
        bars = np.sort(panel + column.thresholds(column.rows, seeds), axis=1)
        lost[:, places] = _below(bars, means[:, places] - TIE, "left")
    return won, lost


def _below(
    ordered: Float[np.ndarray, "d m"], values: Float[np.ndarray, "d k"], side: Literal["left", "right"]
) -> Int[np.ndarray, "d k"]:
    return np.stack([np.searchsorted(row, value, side) for row, value in zip(ordered, values, strict=True)])


def _training_noise(columns: Sequence[Column], seeds: Sequence[int]) -> list[Float[np.ndarray, "d k"]]:
    """Draw for each row as many residuals as it has seeds and average them, the same trainings for every measure."""
    vectors = np.stack([np.concatenate(_scaled(column)) for column in columns])
    panel = columns[0].panel.methods
    noise = np.empty((len(columns), DRAWS, len(seeds)))
    rng = stream(SUITE_SEED, "net wins", "panel")
    for place, count in enumerate(seeds):
        if place >= panel:
            rng = stream(SUITE_SEED, "net wins", "outside")
        picks = rng.integers(vectors.shape[1], size=(DRAWS, count))
        noise[:, :, place] = vectors[:, picks].mean(axis=2)
    return list(noise)


def _scaled(column: Column) -> list[Float[np.ndarray, " s"]]:
    """A row's residuals are smaller than its errors by what its own mean and the seed's block took."""
    return [
        each * np.sqrt(len(each) / max(freedom * (1 - 1 / column.panel.methods), 1e-9))
        for each, freedom in zip(column.panel.residuals, column.panel.freedom_own, strict=True)
    ]


def _example_noise(measure: Headline) -> Float[np.ndarray, "d k"]:
    table = np.stack([np.asarray(row, dtype=np.float64) for row in measure.examples])
    draws, groups = _resamples(measure.axis, table.shape[1])
    sums = np.stack([np.bincount(groups, weights=row - row.mean()) for row in table], axis=1)
    return draws @ sums / (draws @ np.bincount(groups))[:, None]


@lru_cache(maxsize=3)
def _resamples(axis: Hashable, n: int) -> tuple[Float[np.ndarray, "d g"], Int[np.ndarray, " n"]]:
    """Return how often each draw has each group of examples, and each example's group."""
    groups = np.arange(n) % min(n, _GROUPS)
    size = int(groups.max()) + 1
    places = stream(SUITE_SEED, "net wins", "examples", str(axis)).integers(size, size=(DRAWS, size))
    return np.stack([np.bincount(each, minlength=size) for each in places]).astype(np.float64), groups


def _check(measures: Sequence[Headline]) -> None:
    shapes = {(m.column.panel.methods, len(m.rows), len(m.examples)) for m in measures}
    if len(shapes) != 1 or len({tuple(row.seeds for row in m.rows) for m in measures}) != 1:
        raise MixBenchError("net wins: needed the same panel, rows and seeds in every headline measure, got others")
