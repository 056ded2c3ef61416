"""One measure over a panel: its resolution, and which rows are better than which."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtr, stdtrit

from mixbench.compare.components import Components, shared_product
from mixbench.compare.critical import Family, critical, draw, tukey
from mixbench.compare.prior import moderated
from mixbench.spec.errors import MixBenchError

FEWEST_SEEDS = 3
"""Of a row that is ranked."""

MOST_SEEDS = 10_000
"""That are tried where a number of seeds is looked for."""


@dataclass(frozen=True)
class Row:
    """One row of a column: its mean over `seeds` and its own parts of the variance, as in Components.

    `freedom` is 0 where its own seeds tell nothing of the seed's part.
    """

    mean: float
    seeds: int
    seed: float
    freedom: float
    example: float
    spread: float
    draw: float


@dataclass(frozen=True)
class Column:
    """One measure of a panel under the board's prior d₀, inf for equal variances.

    With `outside` the family has one row more than the panel, of `least` seeds, so that rows outside the panel can be
    compared and move nothing. In a measure that is best at `zero` rows are compared by their distance from it.
    """

    panel: Components
    prior: float = math.inf
    outside: bool = True
    least: int = FEWEST_SEEDS
    zero: bool = False
    rows: tuple[Row, ...] = field(init=False)

    def __post_init__(self) -> None:
        p = self.panel
        own = zip(p.means, p.seeds, p.seed_own, p.freedom_own, p.example_own, p.spread_own, p.draw_own, strict=True)
        object.__setattr__(self, "rows", tuple(Row(float(m), s, *map(float, rest)) for m, s, *rest in own))

    @cached_property
    def critical(self) -> float:
        """The 95 % point of the largest difference of the family, in its own standard error; 0 without variance."""
        if self.panel.seed <= 0:
            return 0.0
        return critical(self._family(), self._freedom(None))

    @property
    def resolution(self) -> float | None:
        """The difference of two rows of the panel's fewest seeds that is told from chance; None without variance."""
        variance = self.panel.variance(min(self.panel.seeds))
        return self.critical * math.sqrt(2 * variance) if variance > 0 else None

    @property
    def finest(self) -> float | None:
        """The resolution of a row of the panel's most seeds against one of its fewest; None without variance."""
        variance = self.panel.variance(max(self.panel.seeds)) + self.panel.typical(min(self.panel.seeds))
        return self.critical * math.sqrt(variance) if self.panel.seed > 0 else None

    @cached_property
    def floor(self) -> float:
        """The resolution that no number of seeds goes below on this test split."""
        return self._plain(math.inf)

    def resolution_at(self, seeds: int) -> float | None:
        """Return the resolution if every row had so many seeds, 2 or more; None without variance."""
        if self.panel.seed <= 0:
            return None
        variance = self.panel.variance(seeds)
        return self._critical_at(seeds) * math.sqrt(2 * variance)

    def seeds_for(self, difference: float) -> int | None:
        """Return the seeds of every row at which the resolution is at most `difference`; None where none would do.

        What unequal variances add to Tukey's range is taken in proportion to the seed's share of the variance.
        """
        if self.panel.seed <= 0 or difference <= 0 or self._plain(MOST_SEEDS) > difference:
            return None
        return bisect_left(range(MOST_SEEDS), True, lo=2, key=lambda seeds: self._plain(seeds) <= difference)

    def power(self, difference: float, seeds: int) -> float:
        """Return how often a true `difference` of two rows is found when every row has so many seeds, 2 or more."""
        if self.panel.seed <= 0:
            return 0.0
        family = self._family(seeds)
        drawn, unit = draw(family), self.panel.seed / self.panel.examples
        worse, better = drawn.true[:, 0], drawn.true[:, 1]
        needed = self._critical_at(seeds) * np.sqrt(drawn.taken[:, 1] + drawn.typical)
        return float(ndtr((difference / math.sqrt(unit) - needed) / np.sqrt(worse + better)).mean())

    def detectable(self, seeds: int, power: float = 0.8) -> float | None:
        """Return the smallest true difference of two rows that so many seeds a row find with this power."""
        if (start := self.resolution_at(seeds)) is None:
            return None
        low, high = 0.0, 2 * start
        while self.power(high, seeds) < power:
            low, high = high, 2 * high
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if self.power(middle, seeds) < power else (low, middle)
        return high

    def row(self, values: Float[np.ndarray, "s n"]) -> Row:
        """Return a row outside the panel (S, N), of seeds 0 … S-1; its own variance from the seeds it shares with it.

        MixBenchError for other examples than the panel's.
        """
        values, panel = np.asarray(values, dtype=np.float64), self.panel
        if values.ndim != 2 or values.shape[1] != panel.examples or not len(values):
            raise MixBenchError(
                f"resolution: needed seeds of {panel.examples} examples as the panel has, got {values.shape}"
            )
        n, m, seeds = panel.examples, panel.methods, len(values)
        common = values[: len(panel.shift)]
        spread = n * values.mean(axis=1).var(ddof=1) if seeds > 1 else 0.0
        if len(common) < 2:
            return Row(float(values.mean()), seeds, panel.seed, 0.0, max(panel.example, 0.0), spread, 0.0)
        against = (common.mean(axis=1) - panel.shift[: len(common)]).var(ddof=1)
        weight = 1 + 1 / m
        return Row(
            mean=float(values.mean()),
            seeds=seeds,
            seed=n * float(against) / weight,
            freedom=len(common) - 1.0,
            example=shared_product(common - panel.profile[: len(common)]) / weight,
            spread=float(spread),
            draw=shared_product(values),
        )

    def variances(self, rows: Sequence[Row]) -> Float[np.ndarray, " k"]:
        """Return the variance of each row's mean in a difference: the larger of the pooled and its own, moderated."""
        seeds, seed, freedom, example = _fields(rows, "seeds", "seed", "freedom", "example")
        own = moderated(self.panel.seed, seed, freedom, self.prior)
        mine = (own / seeds + np.maximum(example, 0.0)) / self.panel.examples
        return np.maximum((self.panel.seed / seeds + max(self.panel.example, 0.0)) / self.panel.examples, mine)

    def thresholds(self, rows: Sequence[Row], against: int | None = None) -> Float[np.ndarray, " k"]:
        """Return T: by how much another mean has to be larger for each row to be better; inf without variance.

        The same for every other row but for those of fewer seeds (`against`) than any of the panel.
        """
        if self.panel.seed <= 0:
            return np.full(len(rows), math.inf)
        typical = self.panel.typical(against or min(self.panel.seeds))
        return self.critical * np.sqrt(self.variances(rows) + typical)

    def ranked(self, rows: Sequence[Row]) -> Bool[np.ndarray, " k"]:
        """Say which rows are compared: of three seeds or more and, where 0 is best, surely on one side of it."""
        enough = np.array([row.seeds >= FEWEST_SEEDS and self.panel.seed > 0 for row in rows], dtype=bool)
        if not self.zero:
            return enough
        return enough & np.array([each is None or each[0] > 0 for each in self.intervals(rows)], dtype=bool)

    def intervals(self, rows: Sequence[Row]) -> list[tuple[float, float] | None]:
        """Return rows' own 95 % intervals over seeds and test draws; None for fewer than three seeds.

        Wider than what comparisons need, since they hold what the seed and the examples do to all rows alike.
        """
        mean, seeds, spread, draw = _fields(rows, "mean", "seeds", "spread", "draw")
        freedom, total = seeds - 1.0, sum(self.panel.seeds) - self.panel.methods
        # The mean square within rows, freed of the example's part, is what the seed alone does.
        pooled = float(np.average(self.panel.spread_own, weights=np.array(self.panel.seeds) - 1))
        by_seed, by_draw = moderated(pooled, spread, freedom, self.prior) / seeds, np.maximum(draw, 0.0)
        whole = by_seed + by_draw
        with np.errstate(invalid="ignore", divide="ignore"):
            over = by_seed**2 / np.minimum(self.prior + freedom, total)
            degrees = whole**2 / (over + by_draw**2 / max(self.panel.examples - 1, 1))
        half = stdtrit(degrees, 0.975) * np.sqrt(whole / self.panel.examples)
        bounds = zip((mean - half).tolist(), (mean + half).tolist(), strict=True)
        known = (seeds >= FEWEST_SEEDS) & (whole > 0)
        return [each if there else None for each, there in zip(bounds, known.tolist(), strict=True)]

    @property
    def _size(self) -> int:
        return self.panel.methods + self.outside

    @cached_property
    def _widening(self) -> tuple[float, float]:
        """How much wider than Tukey's the critical value is because variances and seeds are unequal: floor, now."""
        now, floor = (tukey(self._size, freedom) / math.sqrt(2) for freedom in (self._freedom(None), math.inf))
        return self._critical_at(MOST_SEEDS) / floor, self.critical / now

    def _plain(self, seeds: int | float) -> float:
        if self.panel.seed <= 0:
            return 0.0
        variance, now = self.panel.variance(seeds), self.panel.variance(min(self.panel.seeds))
        share = (1 - self.panel.floor / variance) / (1 - self.panel.floor / now) if variance else 0.0
        floor, present = self._widening
        wide = tukey(self._size, math.inf if math.isinf(seeds) else self._freedom(seeds, digits=2))
        return (floor + (present - floor) * min(share, 1.0)) * wide * math.sqrt(variance)

    def _freedom(self, seeds: int | float | None, digits: int = 4) -> float:
        return _rounded(self.panel.satterthwaite(seeds), digits)

    def _critical_at(self, seeds: int) -> float:
        return critical(self._family(seeds), self._freedom(seeds))

    def _family(self, seeds: int | None = None) -> Family:
        panel, unit, (spread, error) = self.panel, self.panel.seed, self.panel.block
        parts = np.maximum(panel.example_own, 0.0)
        mean = max(panel.example, 0.0)
        # What is below 0 was raised to it: the parts keep the pooled one as their mean.
        parts = parts * (mean / parts.mean()) if parts.sum() > 0 else parts
        every = (seeds,) * panel.methods if seeds else panel.seeds
        freedom = tuple(_rounded(s - 1) for s in every) if seeds else tuple(map(_rounded, panel.freedom_own))
        pooled = (panel.methods - 1.0) * (seeds - 1) if seeds else _rounded(panel.freedom)
        return Family(
            every, freedom, tuple(map(_rounded, parts / unit)), _rounded(mean / unit), _rounded(self.prior, 2), pooled,
            self.outside, min(self.least, *every), (_rounded(spread / unit), _rounded(error / unit)),
        )  # fmt: skip


def _fields(rows: Sequence[Row], *names: str) -> list[Float[np.ndarray, " k"]]:
    return [np.array([getattr(row, name) for row in rows], dtype=np.float64) for name in names]


def _rounded(value: int | float, digits: int = 4) -> float:
    """A few digits, so that columns that hardly differ share what was simulated."""
    return float(f"{value:.{digits}g}")
