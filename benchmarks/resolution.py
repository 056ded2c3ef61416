"""How often a board errs on which no method differs from another: the numbers of docs/resolution.md.

    python benchmarks/resolution.py [--boards 1500]

Twelve methods of three seeds and one outside the panel, with equal means and variances from a prior of d₀ degrees of
freedom, in seven columns, as a board's headline measures are; a board errs where its first column calls some row better
than another. By the board's d₀, the median over columns with one standard error more, and by the median alone. Then
how much the critical value c of such boards varies over draws of its own.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mixbench.compare import Column, Components, better, board_prior, components, critical
from mixbench.compare.prior import excess, inverse_trigamma

METHODS, SEEDS, COLUMNS = 12, 3, 7
PRIORS = (5.0, 10.0, math.inf)
DRAWS = 20


def main() -> None:
    """Print a line for each d₀ and rule, then one for c."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--boards", type=int, default=1500)
    boards = parser.parse_args().boards
    for prior in PRIORS:
        errors = np.array(list(_errors(prior, boards, (board_prior, median_alone))))
        for words, rate in zip(("with the error", "median alone"), errors.mean(axis=0), strict=True):
            within = math.sqrt(rate * (1 - rate) / boards)
            sys.stdout.write(f"d0 {prior:g}, {words}: {100 * rate:.1f} ± {100 * within:.1f} % of {boards} boards\n")
    for prior in PRIORS:
        values = _criticals(prior)
        spread = float(np.std(values, ddof=1) / np.mean(values))
        sys.stdout.write(f"d0 {prior:g}: c varies by {100 * spread:.2f} % over {DRAWS} draws of it\n")


Rule = Callable[[Sequence[Components]], float]


def median_alone(columns: Sequence[Components]) -> float:
    """Return d₀ by the median of the columns' excesses, without its error."""
    beyond = float(np.median([excess(column.seed_own, column.freedom_own)[0] for column in columns]))
    return 2 * inverse_trigamma(beyond) if beyond > 0 else math.inf


def _errors(prior: float, boards: int, rules: Sequence[Rule]) -> Iterator[list[bool]]:
    """Whether each of the boards errs by each rule."""
    rng = np.random.default_rng(int(10 * min(prior, 100)))
    for _ in range(boards):
        drawn = [_rows(rng, prior) for _ in range(COLUMNS)]
        panels = [components(rows[:-1]) for rows in drawn]
        columns = (Column(panels[0], rule(panels)) for rule in rules)
        yield [bool(better(each, [*each.rows, each.row(drawn[0][-1])]).any()) for each in columns]


def _rows(rng: np.random.Generator, prior: float) -> list[np.ndarray]:
    """A column's rows (S, 1), the one outside last; what a seed does to all alike is half as large again."""
    shift = 1.5 * rng.standard_normal(SEEDS)
    variances = np.ones(METHODS + 1) if math.isinf(prior) else prior / rng.chisquare(prior, METHODS + 1)
    return [(shift + math.sqrt(each) * rng.standard_normal(SEEDS))[:, None] for each in variances]


def _criticals(prior: float) -> list[float]:
    """The critical value of one board, each by draws of its own."""
    panel = components(_rows(np.random.default_rng(0), prior)[:-1])
    found = []
    for seed in range(DRAWS):
        critical.SUITE_SEED = seed
        for cached in (critical.critical, critical._plain, critical._normal, critical._range, critical._variances):
            cached.cache_clear()
        critical.draw.cache_clear()
        found.append(Column(panel, prior).critical)
    return found


if __name__ == "__main__":
    main()
