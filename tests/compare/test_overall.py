"""Net wins: counted by hand, an interval that moves for nobody, and noise that earns nothing."""

import numpy as np
import pytest
from simulated import World

from mixbench.compare import Column, Headline, better, components, net_wins
from mixbench.compare import overall as module
from mixbench.spec.errors import MixBenchError

WORLD = World(method_example=0.5, rest=0.5, example=1.0)


def measures(rng, means, outside=(), seeds=4):
    """Two headline measures of a panel with these means, and rows outside."""
    made = []
    for _ in range(2):
        rows = WORLD.rows(rng, [seeds] * len(means), 30, np.array(means))
        column = Column(components(rows))
        every = [*rows, *outside]
        summary = [*column.rows, *(column.row(row) for row in outside)]
        made.append(Headline(column, summary, [row.mean(axis=0) for row in every]))
    return made


def test_counts_are_those_of_better():
    found = measures(np.random.default_rng(1), [0, 0, 3, 6, 9])
    wins = sum(better(each.column, each.rows).astype(int) for each in found)
    for place, row in enumerate(net_wins(found)):
        assert (row.wins, row.losses) == (wins[place].sum(), wins[:, place].sum())
        assert row.low <= row.net <= row.high


def test_rows_outside_move_nobody():
    rng = np.random.default_rng(2)
    junk = [rng.standard_normal((3, 30)) * 9 + mean for mean in (-3, 0, 50) * 13]
    before, after = (net_wins(measures(np.random.default_rng(3), [0, 1, 3, 6], rows)) for rows in ([], junk))
    assert after[:4] == before
    assert after[-1].losses == 8


def test_noise_earns_nothing():
    rng = np.random.default_rng(4)
    for row in net_wins(measures(rng, [0.0] * 8)):
        assert (row.wins, row.losses) == (0, 0)
        assert row.low <= 0 <= row.high


def test_few_seeds_have_no_place_and_a_row_that_surely_wins_has_a_narrow_interval():
    rng = np.random.default_rng(5)
    rows = net_wins(measures(rng, [0.0] * 5, [rng.standard_normal((2, 30)), rng.standard_normal((4, 30)) - 99]))
    assert rows[-2] is None
    assert (rows[-1].low, rows[-1].net, rows[-1].high) == (10, 10, 10)


def test_the_draws_vary_as_the_means_do():
    rng = np.random.default_rng(6)
    rows = WORLD.rows(rng, [5] * 40, 60)
    column = Column(components(rows))
    headline = Headline(column, column.rows, [row.mean(axis=0) for row in rows])
    noise = module._training_noise([column], [5] * 40)[0] + module._example_noise(headline)
    noise -= noise.mean(axis=1, keepdims=True)
    drawn, cell = noise.var(axis=0).mean(), column.panel.rest / 60 / 5
    # Seeds' residuals hold the cells' noise, and so do examples' means: it is drawn twice.
    assert drawn == pytest.approx(column.panel.variance(5) + cell, rel=0.1)


def test_other_rows_in_another_measure_are_refused():
    rng = np.random.default_rng(7)
    with pytest.raises(MixBenchError, match="net wins: needed"):
        net_wins([*measures(rng, [0, 1, 2]), *measures(rng, [0, 1, 2, 3])])
