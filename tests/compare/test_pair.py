"""Two methods: the paired test, its verdicts, and what would decide."""

import math

import numpy as np
import pytest
from scipy import stats
from simulated import World
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from mixbench.compare import Spread, Verdict, adjust, compare_pair, components, holm, plan_seeds, spread_of
from mixbench.compare.plan import pair_detectable
from mixbench.spec.errors import MixBenchError


def pair_of(rng, world, seeds, n, difference=0.0):
    return world.rows(rng, [seeds] * 2, n, [difference, 0.0])


def test_without_a_panel_and_test_draws_it_is_the_paired_t_test():
    a, b = pair_of(np.random.default_rng(1), World(), 6, 1, 1.5)
    found, oracle = compare_pair(a, b, 0.1), stats.ttest_rel(a[:, 0], b[:, 0])
    assert found.p == pytest.approx(oracle.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(oracle.confidence_interval()))


def test_equivalence_is_statsmodels_tost():
    a, b = pair_of(np.random.default_rng(2), World(method_seed=0.05), 8, 1)
    p, _, _ = DescrStatsW(a[:, 0] - b[:, 0]).ttost_mean(-0.1, 0.1)
    assert p < 0.05
    assert compare_pair(a, b, 0.1).verdict is Verdict.SAME
    tight = float(abs((a - b).mean()) * 1.01)
    assert compare_pair(a, b, tight).verdict is Verdict.UNDECIDED


def test_moderated_by_hand():
    a, b = np.array([[3.0], [5.0], [4.0]]), np.zeros((3, 1))
    found = compare_pair(a, b, 0.0, Spread(seed=2.0, prior=6.0, freedom=80.0))
    variance = (6 * 4.0 + 2 * 1.0) / 8
    assert found.seed == pytest.approx(variance)
    assert found.p == pytest.approx(2 * stats.t.sf(4 / math.sqrt(variance / 3), 8))
    assert found.verdict is Verdict.WORSE


def test_variance_is_the_definitions():
    a, b = pair_of(np.random.default_rng(3), World(method_example=1.0, rest=1.0, example=1.0), 4, 25)
    panel = components([a, b])
    assert compare_pair(a, b, 0.0).variance == pytest.approx(2 * panel.variance(4))


@pytest.mark.parametrize("prior", [5.0, math.inf])
@pytest.mark.parametrize("seeds", [1, 3, 8])
def test_error_rate_with_a_panel(prior, seeds):
    rng, wrong = np.random.default_rng(seeds), 0
    world = World(prior=prior, method_example=0.7, rest=1.0)
    truth = Spread(seed=40 * (1.0 if math.isinf(prior) else prior / (prior - 2)) + 1.0, example=0.49, prior=prior,
                   freedom=200.0)  # fmt: skip
    for _ in range(600):
        wrong += compare_pair(*pair_of(rng, world, seeds, 40), 0.0, truth).p < 0.05
    assert wrong / 600 <= 0.05 + 2.75 * math.sqrt(0.05 * 0.95 / 600)


def test_holm_as_statsmodels():
    p = [0.01, 0.2, 0.04, 0.013, 1.0, 0.013]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]) == []


def test_holm_decides_the_headline():
    a, b = np.array([[0.5], [1.5], [2.0], [2.3]]), np.zeros((4, 1))
    spread = Spread(seed=1.0, prior=20.0, freedom=50.0)
    alone = compare_pair(a, b, 0.0, spread)
    assert alone.p < 0.05
    assert alone.verdict is Verdict.WORSE
    still = compare_pair(a * 0.01, b, 0.0, spread)
    headline = adjust([alone, still, still, still])
    assert headline[0].p_holm == pytest.approx(4 * alone.p)
    assert headline[0].verdict is Verdict.UNDECIDED
    assert 0 < headline[0].more_seeds < 20


def test_more_seeds_would_decide_as_often_as_said():
    spread, effect = Spread(seed=1.0, prior=math.inf, freedom=300.0), 0.8
    shape = np.full((3, 1), effect), np.zeros((3, 1))
    seeds = 3 + compare_pair(*shape, 0.0, spread).more_seeds
    rng, found = np.random.default_rng(4), 0
    for _ in range(800):
        found += compare_pair(*pair_of(rng, World(), seeds, 1, effect), 0.0, spread).p < 0.05
    assert 0.75 < found / 800 < 0.9


def test_no_number_of_seeds_decides_below_the_floor():
    rng = np.random.default_rng(5)
    rows = World(method_seed=0.01, method_example=1.0, rest=0.01).rows(rng, [3, 3], 20)
    difference = rows[0] - rows[1]
    rows[0] -= difference.mean() - 0.05
    found = compare_pair(*rows, 0.0)
    assert found.verdict is Verdict.UNDECIDED
    assert found.more_seeds is None


def test_one_seed_without_a_panel_says_nothing_and_what_is_missing():
    found = compare_pair(np.ones((1, 9)), np.zeros((1, 9)), 0.1)
    assert (found.p, found.verdict, found.more_seeds) == (None, Verdict.UNDECIDED, 2)
    assert compare_pair(np.ones((1, 9)), np.ones((1, 9)), 0.1, Spread(1.0, 0.0, 5.0, 9.0)).p == 1.0


def test_the_same_outcomes_are_the_same():
    found = compare_pair(np.ones((3, 9)), np.ones((3, 9)), 0.1)
    assert (found.p, found.verdict, found.more_seeds, found.difference) == (1.0, Verdict.SAME, 0, 0.0)


def test_other_examples_are_refused():
    with pytest.raises(MixBenchError, match="compare: needed the same seeds and examples"):
        compare_pair(np.ones((3, 9)), np.ones((3, 8)), 0.1)


@pytest.mark.parametrize("prior", [5.0, 10.0, math.inf])
def test_promised_power_of_a_comparison(prior):
    rng, found = np.random.default_rng(6), 0
    world = World(prior=prior, method_example=0.5, rest=1.0)
    panel = components(world.rows(rng, [8] * 60, 20))
    spread = spread_of(panel, prior)
    difference = pair_detectable(spread, 20, 6)
    for _ in range(1000):
        found += compare_pair(*pair_of(rng, world, 6, 20, difference), 0.0, spread).p < 0.05
    assert abs(found / 1000 - 0.8) < 0.03 + 2 * math.sqrt(0.16 / 1000)
    assert plan_seeds(spread, 20, difference) in {6, 7}
    assert plan_seeds(spread, 20, 0.1) is None
