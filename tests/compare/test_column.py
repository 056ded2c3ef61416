"""A column's resolution on the shipped boards, and what it promises on simulated ones."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import studentized_range
from simulated import World
from statsmodels.sandbox.stats.multicomp import tukeyhsd

from mixbench.compare import Column, better, board_prior, components, critical
from mixbench.compare.critical import tukey

BOARDS = np.load(Path(__file__).parent / "boards.npz")
IFGSM, FGSM, NOISE, CLEAN = (
    "ifgsm.white.top1_error",
    "fgsm.black.top1_error",
    "noise50.test_error_last",
    "clean.top1_error",
)
SEEDS = [3] * 12
UNEQUAL = [8] * 4 + [5] * 8


@cache
def shipped(board, measure):
    """The wrong predictions (S, N) of each method of a board as it was published first."""
    bits = np.unpackbits(BOARDS[f"{board}/{measure}"], axis=2, count=int(BOARDS[f"{board}/examples"]))
    return components(list(bits.astype(float)))


@pytest.mark.parametrize(
    ("board", "measure", "points"),
    [
        ("digits", IFGSM, (9.2, 5.8, 3.8)),
        ("digits", FGSM, (5.3, 3.6, 2.7)),
        ("digits", NOISE, (6.7, 4.7, 3.6)),
        ("digits", CLEAN, (1.9, 1.5, 1.3)),
        ("fashion-mnist-small", IFGSM, (7.8, 4.1, 1.3)),
        ("fashion-mnist-small", FGSM, (2.5, 1.4, 0.8)),
        ("fashion-mnist-small", NOISE, (4.3, 2.3, 1.1)),
        ("fashion-mnist-small", CLEAN, (1.4, 0.9, 0.7)),
    ],
)
def test_plain_tukey_on_the_shipped_boards(board, measure, points):
    column = shipped(board, measure)
    found = [
        100 * tukey(column.methods, column.satterthwaite(seeds)) * math.sqrt(column.variance(seeds))
        for seeds in (3, 10, 10**9)
    ]
    assert found == pytest.approx(points, abs=0.06)


def test_the_boards_unequal_variances_widen_and_never_narrow_much():
    for measure in (IFGSM, FGSM, NOISE, CLEAN):
        panel = shipped("digits", measure)
        plain = tukey(panel.methods, panel.satterthwaite()) * math.sqrt(panel.variance(3))
        assert 0.98 * plain < Column(panel).resolution < 1.1 * plain
        assert 1.05 * plain < Column(panel, prior=6.0).resolution < 1.3 * plain


@pytest.mark.parametrize(("rows", "freedom"), [(2, 2.0), (3, 4.0), (11, 21.0), (39, 108.6), (39, math.inf)])
def test_tukey_as_scipy(rows, freedom):
    assert tukey(rows, freedom) == pytest.approx(studentized_range.ppf(0.95, rows, freedom), rel=1e-4)


def test_equal_variances_give_statsmodels_tukey_kramer():
    rng = np.random.default_rng(1)
    rows = World(seed=0.0).rows(rng, [4] * 6, means=np.arange(6) * 1.2)
    column = Column(components(rows), outside=False)
    panel = column.panel
    oracle = tukeyhsd(panel.means, np.full(6, 4), panel.seed, df=panel.freedom / 6, alpha=0.05, q_crit=None)
    wins = better(column, column.rows)
    assert 0 < oracle[1].sum() < 15
    assert [bool(wins[i, j] or wins[j, i]) for i, j in zip(*oracle[0], strict=True)] == oracle[1].tolist()
    assert column.resolution == pytest.approx(oracle[4][0][1] - oracle[2][0], rel=2e-3)


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    """Of the simulated boards' critical values, so that a thousand boards take seconds."""
    monkeypatch.setattr(critical, "DRAWS", 2500)
    for cached in (critical.critical, critical.draw, critical._normal):
        cached.cache_clear()


@cache
def family_errors(prior, seeds, boards, n=1, least=3):
    """The share of boards without differences on which some row, one outside among them, is better than another."""
    rng, errors = np.random.default_rng(int(10 * min(prior, 100)) + len(set(seeds))), 0
    world = World(prior=prior) if n == 1 else World(prior=prior, method_example=1.0, rest=0.5, example=1.0)
    for _ in range(boards):
        columns = [world.rows(rng, [*seeds, least], n) for _ in range(5)]
        panels = [components(rows[:-1]) for rows in columns]
        column = Column(panels[0], board_prior(panels))
        errors += better(column, [*column.rows, column.row(columns[0][-1])]).any()
    return errors / boards


def limit(boards):
    """What 5 % are seen as at most, three times in a thousand."""
    return 0.05 + 2.75 * math.sqrt(0.05 * 0.95 / boards)


@pytest.mark.parametrize("prior", [5.0, 10.0, math.inf])
@pytest.mark.parametrize("seeds", [SEEDS, UNEQUAL], ids=["equal", "unequal"])
def test_family_wise_error(prior, seeds):
    assert family_errors(prior, tuple(seeds), 350) <= limit(350)


def test_family_wise_error_of_a_thousand_boards():
    for seeds in (SEEDS, UNEQUAL):
        errors = [family_errors(prior, tuple(seeds), 350) for prior in (5.0, 10.0, math.inf)]
        assert np.mean(errors) <= limit(1050)


def test_family_wise_error_where_test_draws_count():
    assert family_errors(10.0, tuple([4] * 10), 150, n=8) <= limit(150)
