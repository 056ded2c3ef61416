"""A column's resolution on the shipped boards, and what it promises on simulated ones."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import studentized_range
from simulated import World
from statsmodels.sandbox.stats.multicomp import tukeyhsd

from mixbench.compare import Column, Row, better, board_prior, components, critical, standing
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
    for cached in (critical.critical, critical._plain, critical._normal, critical._range, critical._variances):
        cached.cache_clear()
    monkeypatch.setattr(critical, "draw", cache(critical.draw.__wrapped__))


@cache
def family_errors(prior, seeds, boards, n=1, least=3):
    """The share of boards without differences on which some row, one outside among them, is better than another."""
    rng, errors = np.random.default_rng(int(10 * min(prior, 100)) + len(set(seeds))), 0
    world = World(prior=prior) if n == 1 else World(prior=prior, method_example=1.0, rest=0.5, example=1.0)
    for _ in range(boards):
        columns = [world.rows(rng, [*seeds, least], n) for _ in range(4)]
        panels = [components(rows[:-1]) for rows in columns]
        column = Column(panels[0], board_prior(panels))
        errors += better(column, [*column.rows, column.row(columns[0][-1])]).any()
    return errors / boards


def limit(boards):
    """What 5 % are seen as at most, three times in a thousand."""
    return 0.05 + 2.75 * math.sqrt(0.05 * 0.95 / boards)


@pytest.mark.parametrize("seeds", [SEEDS, UNEQUAL], ids=["equal", "unequal"])
def test_family_wise_error_of_a_thousand_boards(seeds):
    errors = [family_errors(prior, tuple(seeds), 200) for prior in (5.0, 10.0, math.inf)]
    assert max(errors) <= limit(200)
    assert np.mean(errors) <= limit(600)


def test_family_wise_error_where_test_draws_count():
    assert family_errors(10.0, tuple([4] * 10), 150, n=8) <= limit(150)


def power_error(world, boards, n):
    """How much more often a difference is found than the boards promise."""
    rng, promised, found, difference = np.random.default_rng(3), [], [], 3.2
    for _ in range(boards):
        panel = components(world.rows(rng, [5] * 12, n, [0.0] * 6 + [difference] * 6))
        column = Column(panel, world.prior)
        promised.append(column.power(difference, 5))
        found.append(better(column, column.rows)[:6, 6:].mean())
    assert 0.3 < np.mean(promised) < 0.95
    return np.mean(found) - np.mean(promised)


@pytest.mark.parametrize("prior", [5.0, 10.0, math.inf])
def test_promised_power(prior):
    assert abs(power_error(World(prior=prior), 340, 1)) < 0.03


def test_promised_power_where_test_draws_count():
    assert abs(power_error(World(prior=10.0, method_example=0.5, rest=1.0), 100, 30)) < 0.03


def test_power_and_resolution_agree_with_one_another():
    column = Column(shipped("digits", FGSM), prior=8.0)
    smallest = column.detectable(5)
    assert column.power(smallest, 5) == pytest.approx(0.8, abs=1e-3)
    assert smallest > column.resolution_at(5) > column.resolution_at(10) > column.floor
    assert column.resolution_at(3) == pytest.approx(column.resolution, rel=0.02)


def test_seeds_for_a_difference():
    column = Column(shipped("fashion-mnist-small", CLEAN))
    seeds = column.seeds_for(0.01)
    assert column.resolution_at(seeds) < 0.0102
    assert column.resolution_at(seeds - 1) > 0.0098
    assert column.seeds_for(column.floor * 0.99) is None


def random_board(rng, outside=0):
    """A panel's column and rows, some outside, of unequal means, seeds and variances."""
    seeds = [int(count) for count in (*rng.integers(4, 7, size=8), *rng.integers(3, 7, size=outside))]
    world = World(prior=float(rng.choice([3.0, 10.0])), method_example=0.5)
    rows = world.rows(rng, seeds, 4, rng.standard_normal(8 + outside) * 3)
    column = Column(components(rows[:8]), prior=6.0)
    return column, [*column.rows, *(column.row(row) for row in rows[8:])]


def test_ranks_are_monotone_in_the_mean_and_bands_hold_nobody_apart(monkeypatch):
    monkeypatch.setattr(Column, "critical", 2.5)
    rng, several = np.random.default_rng(5), 0
    for trial in range(1000):
        column, rows = random_board(rng, outside=4)
        found = standing(column, rows)
        order = np.argsort([row.mean for row in rows])
        ranks = np.array(found.ranks)[order]
        assert (np.diff(ranks) >= 0).all()
        several += len(set(ranks.tolist())) > 1
        places = {int(place): spot for spot, place in enumerate(order)}
        for band in found.bands if trial < 100 else ():
            assert not found.better[np.ix_(band, band)].any()
            assert np.diff([places[place] for place in band]).tolist() == [1] * (len(band) - 1)
    assert several > 900


@pytest.mark.parametrize("board", ["digits", "fashion-mnist-small"])
def test_ranks_on_the_shipped_boards_are_monotone_in_the_mean(board):
    for measure in (IFGSM, FGSM, NOISE, CLEAN):
        column = Column(shipped(board, measure), prior=6.0)
        found = standing(column, column.rows)
        ranks = np.array(found.ranks)[np.argsort([row.mean for row in column.rows], kind="stable")]
        assert (np.diff(ranks) >= 0).all()
        assert ranks[0] == 1 < ranks[-1]


def test_bands_by_hand(monkeypatch):
    monkeypatch.setattr(Column, "thresholds", lambda self, rows, against=None: np.full(len(rows), 1.5))
    column = Column(components(World().rows(np.random.default_rng(1), [3] * 3)))
    rows = [Row(mean, 3, 1.0, 2.0, 0.0, 1.0, 0.0) for mean in (2.0, 0.0, 1.0, 9.0)]
    found = standing(column, rows)
    assert found.bands == ((1, 2), (2, 0))
    assert found.ranks == (2, 1, 1, 4)


def test_forty_rows_of_junk_move_nobody():
    rng = np.random.default_rng(6)
    column, rows = random_board(rng, outside=2)
    junk = [column.row(50 * rng.standard_normal((3, 4)) + rng.choice([-30, 0, 60])) for _ in range(40)]
    before, after = standing(column, rows), standing(column, [*rows, *junk])
    assert (after.better[: len(rows), : len(rows)] == before.better).all()
    assert after.better[:8, len(rows) :].any()
    assert column.resolution == Column(column.panel, column.prior).resolution


def test_rows_of_one_or_two_seeds_are_not_ranked():
    rng = np.random.default_rng(7)
    column, rows = random_board(rng)
    few = [column.row(rng.standard_normal((count, 4)) - 90) for count in (1, 2)]
    found = standing(column, [*rows, *few])
    assert found.ranks[-2:] == (None, None)
    assert not found.better[-2:].any()
    assert column.intervals(few) == [None, None]
    assert found.ranks[:8] == standing(column, rows).ranks


def test_a_gap_of_no_sure_sign_is_not_ranked():
    rng = np.random.default_rng(8)
    rows = World(seed=0.0).rows(rng, [4] * 5, 3, np.array([0, 4, 5, 6, 8]))
    rows[0] += 0.05 - rows[0].mean()
    column = Column(components(rows), zero=True)
    assert standing(column, column.rows).ranks[0] is None
    assert None not in standing(column, column.rows).ranks[1:]
    assert None not in standing(Column(components(rows)), column.rows).ranks


def test_without_variance_nothing_is_told():
    column = Column(components([np.zeros((3, 5)), np.zeros((3, 5)), np.ones((3, 5))]))
    assert (column.resolution, column.seeds_for(0.01), column.resolution_at(5)) == (None, None, None)
    assert standing(column, column.rows).ranks == (None, None, None)


@pytest.mark.parametrize("prior", [6.0, math.inf])
def test_a_rows_own_interval_covers_seeds_and_test_draws(prior):
    rng, held = np.random.default_rng(9), []
    world = World(prior=prior, example=2.0, method_example=1.0, rest=1.0, seed=1.0)
    for _ in range(500):
        column = Column(components(world.rows(rng, [4] * 6, 30)), prior)
        held += [low < 0 < high for low, high in column.intervals(column.rows)]
    # The seeds' and the examples' own draws are shared by a board's rows.
    assert 0.9 < np.mean(held) < 0.985


def test_column_of_two_hundred_rows_is_quick_enough_to_be_made_at_once():
    rng = np.random.default_rng(10)
    column = Column(components(World(prior=5.0).rows(rng, [3] * 200, 50)), 5.0)
    assert 3.5 < column.critical < 8
