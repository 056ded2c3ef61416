"""Where the variance of a table of methods, seeds and examples comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from mixbench.spec.errors import MixBenchError

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Components:
    """What the rows of a panel differ by, in the measure's squared unit times examples.

    `seed` is MS_ms, `rest` MS_mse, `example` (MS_me - MS_mse)/S, the part that more seeds do not lessen. `seed_own` and
    `example_own` (M,) are each row's own; `freedom_own` its seeds less one. `spread` and `draw` are the seed's and the
    example's part within a row, which the differences of rows are free of. `shift` (S,) is what each seed adds to all
    rows, `sharing` (S,) how many rows have it, and `profile` (S, N) their mean, for rows outside.
    """

    means: Float[np.ndarray, " m"]
    seeds: tuple[int, ...]
    examples: int
    seed: float
    example: float
    rest: float
    freedom: float
    seed_own: Float[np.ndarray, " m"]
    freedom_own: Float[np.ndarray, " m"]
    example_own: Float[np.ndarray, " m"]
    spread_own: Float[np.ndarray, " m"]
    draw_own: Float[np.ndarray, " m"]
    residuals: tuple[Float[np.ndarray, " _"], ...]
    shift: Float[np.ndarray, " s"]
    profile: Float[np.ndarray, "s n"]
    sharing: tuple[int, ...]

    @property
    def methods(self) -> int:
        """How many rows the panel has."""
        return len(self.seeds)

    def variance(self, seeds: int | float) -> float:
        """Return the variance of a row's mean at so many seeds, as far as it counts in a difference of two rows."""
        return (self.seed / seeds + max(self.example, 0.0)) / self.examples

    @cached_property
    def block(self) -> tuple[float, float]:
        """What the seed does to all rows alike, as the spread of the shifts and the part of it that is error."""
        error = float(np.mean(1 / np.array(self.sharing)))
        return self.examples * float(self.shift.var(ddof=1)), self.seed * error

    def typical(self, seeds: int) -> float:
        """Return V₀: a row's variance at the panel's fewest seeds, and of fewer seeds what other seeds do besides."""
        fewest, (spread, error) = min(self.seeds), self.block
        others = max(spread - error, 0.0) / self.examples * max(1 / seeds - 1 / fewest, 0.0)
        return self.variance(min(seeds, fewest)) + others

    @property
    def floor(self) -> float:
        """The variance that no number of seeds goes below on this test split."""
        return max(self.example, 0.0) / self.examples

    def satterthwaite(self, seeds: int | float | None = None) -> float:
        """Return the degrees of freedom of `variance`, now or with so many seeds for every row; at least 1.

        Satterthwaite, 1946.
        """
        mean = sum(self.seeds) / self.methods
        freedom = self.freedom if seeds is None else (self.methods - 1) * (seeds - 1)
        seed = self.seed / (min(self.seeds) if seeds is None else seeds)
        if self.example <= 0:
            return float(freedom)
        cells = (self.methods - 1) * (self.examples - 1)
        parts = ((seed, freedom), (self.example + self.rest / mean, cells), (-self.rest / mean, cells * (mean - 1)))
        used = [(part, nu) for part, nu in parts if part and nu]
        # Where the parts nearly cancel the formula goes to 0, for which no quantile is finite.
        return max(sum(part for part, _ in used) ** 2 / sum(part**2 / nu for part, nu in used), 1.0)


def components(rows: Sequence[Float[np.ndarray, "_ n"]]) -> Components:
    """Return the variance components of a panel's rows, each (S, N) with seeds 0 … S-1 of its own number.

    The seed is a block, and so is the example. With equal seeds these are the mean squares of the three-way table
    without replication; with unequal ones seeds and rows are fitted by least squares and examples by the mean product
    of two seeds. MixBenchError for fewer than two rows, a row of one seed, or rows of unequal examples.
    """
    rows = [np.asarray(row, dtype=np.float64) for row in rows]
    _check(rows)
    m, n, counts = len(rows), rows[0].shape[1], np.array([len(row) for row in rows])
    there = np.arange(counts.max()) < counts[:, None]
    cube = np.zeros((m, counts.max(), n))
    cube[there] = np.concatenate(rows)
    table = cube.mean(axis=2)
    residuals, free, shift = _two_way(table, there)
    # Where all seeds agree rounding alone is left over.
    residuals = np.where(np.abs(residuals) > _ROUNDING * np.abs(table).max(), residuals, 0.0)
    squares, own_free = (residuals**2).sum(axis=1), free.sum(axis=1)
    sharing = there.sum(axis=0)
    profile = cube.sum(axis=0) / sharing[:, None]
    crossed, within, weights, cells = _example_parts(cube, profile, there)
    example = _ratio(crossed.sum(), weights.sum())
    return Components(
        means=table.sum(axis=1) / counts,
        seeds=tuple(counts.tolist()),
        examples=n,
        seed=float(n * squares.sum() / own_free.sum()),
        example=example,
        rest=_ratio(within.sum(), cells.sum()) - example,
        freedom=float(own_free.sum()),
        seed_own=n * squares / np.maximum(own_free, 1e-9),
        freedom_own=own_free * m / (m - 1),
        example_own=np.where(weights > 0, crossed / np.maximum(weights, 1e-9), 0.0),
        spread_own=n * np.array([values[keep].var(ddof=1) for values, keep in zip(table, there, strict=True)]),
        draw_own=shared_products(cube, there),
        residuals=tuple(each[keep] for each, keep in zip(residuals, there, strict=True)),
        shift=shift,
        profile=profile,
        sharing=tuple(sharing.tolist()),
    )


def shared_product(values: Float[np.ndarray, "s n"]) -> float:
    """Return the mean product of two seeds' deviations over examples: the variance that the seeds share."""
    return float(shared_products(values[None], np.ones((1, len(values)), dtype=bool))[0])


def shared_products(cube: Float[np.ndarray, "m s n"], there: Bool[np.ndarray, "m s"]) -> Float[np.ndarray, " m"]:
    """Return `shared_product` of each of M tables, of the seeds that are there."""
    centred = (cube - cube.mean(axis=2, keepdims=True)) * there[:, :, None]
    count = there.sum(axis=1)
    pairs = count * (count - 1) * (cube.shape[2] - 1)
    return np.where(pairs > 0, _crossed(centred)[0] / np.maximum(pairs, 1), 0.0)


def _crossed(centred: Float[np.ndarray, "m s n"]) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Sum over examples the products of two different seeds, and of each with itself."""
    total, own = centred.sum(axis=1), np.einsum("msn,msn->m", centred, centred)
    return np.einsum("mn,mn->m", total, total) - own, own


def _two_way(
    table: Float[np.ndarray, "m s"], there: Bool[np.ndarray, "m s"]
) -> tuple[Float[np.ndarray, "m s"], Float[np.ndarray, "m s"], Float[np.ndarray, " s"]]:
    """Fit row + seed by least squares; return residuals, what is left free of each cell, and the seeds' effects."""
    (m, s), (row, seed) = table.shape, np.nonzero(there)
    design = np.zeros((len(row), m + s - 1))
    cells = np.arange(len(row))
    design[cells, row] = 1.0
    design[cells[seed > 0], m + seed[seed > 0] - 1] = 1.0
    values = table[there]
    basis, triangle = np.linalg.qr(design)
    fitted = basis @ (basis.T @ values)
    residuals, free = np.zeros((m, s)), np.zeros((m, s))
    residuals[there], free[there] = values - fitted, 1 - (basis**2).sum(axis=1)
    shift = np.concatenate([[0.0], np.linalg.solve(triangle, basis.T @ values)[m:]])
    return residuals, free, shift


def _example_parts(
    cube: Float[np.ndarray, "m s n"], profile: Float[np.ndarray, "s n"], there: Bool[np.ndarray, "m s"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return each row's products of two seeds and of one with itself, and how often each holds the variance."""
    n, sharing = cube.shape[2], there.sum(axis=0)
    centred = cube - profile
    centred = (centred - centred.mean(axis=2, keepdims=True)) * there[:, :, None]
    crossed, within = _crossed(centred)
    # The rows of the rarer of two seeds are among those of the other: rows have seeds from 0 on.
    common = 1 - 1 / np.minimum.outer(sharing, sharing)
    cells = (n - 1) * there @ np.diag(common)
    weights = (n - 1) * np.einsum("ms,st,mt->m", there, common, there) - cells
    return crossed, within, weights, cells


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else 0.0


def _check(rows: Sequence[np.ndarray]) -> None:
    if len(rows) < 2:
        raise MixBenchError(f"resolution: needed a panel of two rows or more, got {len(rows)}; measure another method")
    if fewest := [row.shape for row in rows if row.ndim != 2 or len(row) < 2]:
        raise MixBenchError(f"resolution: needed two seeds or more of every row of a panel, got {fewest[0]}; add seeds")
    sizes = {row.shape[1] for row in rows}
    if len(sizes) > 1:
        raise MixBenchError(f"resolution: needed all rows on the same examples, got {sorted(sizes)} of them")
    if not all(np.isfinite(row).all() for row in rows):
        raise MixBenchError("resolution: needed finite numbers, got others; see mixbench validate")
