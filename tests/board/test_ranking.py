"""Ranks and ties by hand and by brute force; average ranks and critical differences by scikit-posthocs and scipy."""

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from mixbench.board.ranking import (
    average_ranks,
    best_of,
    critical_difference,
    friedman,
    joined,
    overall,
    ranks_of,
)
from mixbench.results.measures import HEADLINE, Direction
from mixbench.results.readings import Reading


def read(value, low=None, high=None):
    return Reading(value=value, n=3, low=low, high=high)


def test_ranks_of_a_hand_worked_column():
    column = [
        read(0.30, 0.25, 0.35),  # above a and b only where they end below 0.25: a and b → 3
        read(0.10, 0.05, 0.15),  # a: 1
        read(0.14, 0.10, 0.20),  # b: overlaps a → 1
        read(0.24, 0.16, 0.32),  # a ends at 0.15 below 0.16 → 2
        read(0.01),  # no interval: no rank, and it takes none from others
        None,
    ]
    assert ranks_of(column, Direction.LOWER) == [3, 1, 1, 2, None, None]


def test_intervals_that_touch_do_not_separate():
    assert ranks_of([read(0.1, 0.0, 0.2), read(0.3, 0.2, 0.4)], Direction.LOWER) == [1, 1]


def test_a_measure_best_at_zero_is_ranked_by_its_distance():
    column = [read(-0.30, -0.35, -0.25), read(0.02, -0.05, 0.09), read(0.20, 0.10, 0.24), read(-0.08, -0.1, -0.06)]
    assert ranks_of(column, Direction.ZERO) == [4, 1, 2, 1]
    assert best_of(column, Direction.ZERO) == [False, True, False, False]


@pytest.mark.parametrize("direction", [Direction.CEILING, Direction.FLAG])
def test_what_is_no_merit_has_neither_rank_nor_best(direction):
    column = [read(0.1, 0.0, 0.2), read(0.5, 0.4, 0.6)]
    assert ranks_of(column, direction) == [None, None]
    assert best_of(column, direction) == [False, False]


def test_an_interval_without_width_separates_nothing():
    column = [read(0.1, 0.1, 0.1), read(0.4, 0.4 - 1e-16, 0.4 + 1e-16), read(0.3, 0.2, 0.4)]
    assert ranks_of(column, Direction.LOWER) == [None, None, 1]


def test_best_is_every_row_of_the_lowest_mean_and_nobody_without_a_rival():
    assert best_of([read(0.1), read(0.1), read(0.2), None], Direction.LOWER) == [True, True, False, False]
    assert best_of([read(0.1), None], Direction.LOWER) == [False, False]


@pytest.mark.parametrize("direction", [Direction.LOWER, Direction.ZERO])
def test_ranks_equal_a_count_over_all_pairs(direction):
    rng = np.random.default_rng(5)
    column = [read(m, m - h, m + h) for m, h in zip(rng.normal(size=60), rng.uniform(0.01, 0.5, 60), strict=True)]

    def spread(reading):
        grid = np.linspace(reading.low, reading.high, 100_001)
        grid = np.abs(grid) if direction is Direction.ZERO else grid
        return grid.min() - 1e-5, grid.max()

    spans = [spread(each) for each in column]
    counted = [1 + sum(other[1] < own[0] + 1e-5 for other in spans) for own in spans]
    # Where zero lies inside, the grid misses it by a step at most; no pair of this seed is as near as that.
    assert ranks_of(column, direction) == counted
    assert len(set(counted)) > 5


def test_means_that_differ_in_their_last_bits_only_are_ties():
    """Both have 11 mistakes in 3 × 360 examples; the sums of their shares differ by rounding alone."""
    one, other = (math.fsum(wrong / 360 for wrong in seeds) / 3 for seeds in ((0, 3, 8), (0, 5, 6)))
    assert one != other
    np.testing.assert_array_equal(average_ranks(np.array([[one], [other]])), [[1.5], [1.5]])
    for direction in (Direction.LOWER, Direction.ZERO):
        assert best_of([read(one), read(other)], direction) == [True, True]


@pytest.mark.parametrize("methods", [2, 3, 10, 41, 100])
def test_the_critical_difference_is_nemenyis(methods):
    q = stats.studentized_range.ppf(0.95, methods, np.inf) / math.sqrt(2)
    assert critical_difference(methods, 7) == pytest.approx(q * math.sqrt(methods * (methods + 1) / 42), rel=1e-6)


def test_the_critical_difference_of_demsars_example():
    """Demšar 2006, §3.2.4: four classifiers on 14 data sets, 2.569 at 5 %, CD 1.25."""
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_average_ranks_friedman_and_bars_against_scipy_and_scikit_posthocs(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib as mpl

        mpl.use("Agg")
        import matplotlib.pyplot as plt
        import pandas as pd
        import scikit_posthocs

    rng = np.random.default_rng(seed)
    values = rng.normal(size=(9, 12)) + np.linspace(0, 4 * (seed > 0), 9)[:, None]
    values[2:4, :5] = values[2, :5]
    ranks = average_ranks(values)
    np.testing.assert_array_equal(ranks, np.apply_along_axis(stats.rankdata, 0, values))
    assert friedman(ranks) == pytest.approx(stats.friedmanchisquare(*values).pvalue, rel=1e-9)

    average = ranks.mean(axis=1)
    order = np.argsort(average, kind="stable")
    difference = critical_difference(*values.shape)
    p_values = scikit_posthocs.posthoc_nemenyi_friedman(values.T)
    apart = np.abs(average[:, None] - average) > difference
    np.testing.assert_array_equal(apart, p_values.to_numpy() < 0.05)

    figure = plt.figure()
    drawn = scikit_posthocs.critical_difference_diagram(pd.Series(average), p_values)["crossbars"]
    plt.close(figure)
    theirs = sorted((min(line[0].get_xdata()), max(line[0].get_xdata())) for line in drawn)
    ours = sorted(
        (average[order[first]], average[order[last]]) for first, last in joined(average[order].tolist(), difference)
    )
    np.testing.assert_allclose(ours, theirs)


def test_methods_that_all_rank_alike_do_not_differ():
    assert friedman(average_ranks(np.ones((4, 7)))) == 1.0


def test_only_the_longest_bars_are_drawn():
    assert joined([1.0, 1.5, 2.0, 5.0], 1.0) == ((0, 2),)
    assert joined([1.0, 1.9, 2.8], 1.0) == ((0, 1), (1, 2))
    assert joined([1.0, 3.0], 1.0) == ()


def test_rows_without_a_headline_measure_stand_behind_the_order_and_change_it_not():
    full = {name: {} for name in ("best", "middle", "worst")}
    for place, row in enumerate(full.values()):
        row |= {name: read(0.1 * (place + 1)) for name in HEADLINE}
    lacking = {HEADLINE[0]: read(0.0)}
    places, order = overall([full["worst"], lacking, full["best"], full["middle"]])
    assert places == [2, 3, 0, 1]
    assert order is not None
    assert order.average == (1.0, 2.0, 3.0)
    alone = overall([full["worst"], full["best"], full["middle"]])[1]
    assert alone == order


def test_no_order_of_one_row_or_of_one_measure():
    whole = {name: read(0.1) for name in HEADLINE}
    assert overall([whole]) == ([0], None)
    assert overall([{HEADLINE[0]: read(0.2)}, {HEADLINE[0]: read(0.1)}]) == ([0, 1], None)
    assert overall([]) == ([], None)
