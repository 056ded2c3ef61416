"""Seed after seed: error rates by paths of their own, and what is saved."""

import math

import numpy as np
import pytest
from simulated import World

from mixbench.compare import Spread, Verdict, compare_pair, plan_sequential
from mixbench.spec.errors import MixBenchError


def run(plan, spread, rng, prior, effect):
    """Decide one comparison from fresh seeds, and return after how many."""
    world = World(prior=prior)
    a, b = world.rows(rng, [plan.looks[-1]] * 2, 1, [effect, 0.0])
    for seeds in plan.looks:
        pair = compare_pair(a[:seeds], b[:seeds], 0.0, spread)
        if (verdict := plan.decide(pair)) is not None:
            return verdict, seeds
    raise AssertionError("the last look decides")


def spread_and_plan(prior, effect):
    pooled = 1.0 if math.isinf(prior) else prior / (prior - 2)
    spread = Spread(seed=pooled, prior=prior, freedom=120.0)
    return spread, plan_sequential(spread, 1, effect, 40)


@pytest.mark.parametrize(("prior", "effect"), [(5.0, 1.4), (10.0, 1.2), (math.inf, 1.1)])
def test_error_rates(prior, effect):
    spread, plan = spread_and_plan(prior, effect)
    rng, trials = np.random.default_rng(1), 400
    nothing = [run(plan, spread, rng, prior, 0.0)[0] for _ in range(trials)]
    something = [run(plan, spread, rng, prior, effect)[0] for _ in range(trials)]
    false = sum(verdict in (Verdict.BETTER, Verdict.WORSE) for verdict in nothing) / trials
    missed = sum(verdict is not Verdict.WORSE for verdict in something) / trials
    assert false <= 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / trials)
    assert missed <= 0.2 + 2.5 * math.sqrt(0.16 / trials)
    assert abs(plan.false_alarm - false) < 0.03


@pytest.mark.parametrize("prior", [5.0, 10.0, math.inf])
@pytest.mark.parametrize(("effect", "example"), [(1.0, 0.0), (1.2, 0.0), (1.2, 0.03)])
def test_saves_a_fifth_at_the_design_effect_and_two_fifths_beyond(prior, example, effect):
    plan = plan_sequential(Spread(1.0, example, prior, 74.0), 1, effect, 60)
    assert plan.fixed >= 8
    none, design, more = plan.expected
    assert design <= 0.8 * plan.fixed
    assert more <= 0.6 * plan.fixed
    assert none < plan.fixed
    assert plan.false_alarm <= 0.05
    assert plan.miss <= 0.2


def test_the_expected_seeds_are_those_of_real_runs():
    spread, plan = spread_and_plan(math.inf, 1.1)
    rng = np.random.default_rng(2)
    seeds = [run(plan, spread, rng, math.inf, 1.1)[1] for _ in range(250)]
    assert np.mean(seeds) == pytest.approx(plan.expected[1], abs=4 * np.std(seeds) / math.sqrt(250))


def test_too_few_seeds_end_undecided():
    plan = plan_sequential(Spread(1.0, 0.0, math.inf, 74.0), 1, 0.5, 6)
    assert plan.fixed is None
    assert plan.looks == (3, 4, 5, 6)
    between = compare_pair(np.full((6, 1), 0.9), np.zeros((6, 1)), 0.0, Spread(1.0, 0.0, math.inf, 74.0))
    assert plan.same[-1] < between.difference / math.sqrt(between.variance) < plan.found[-1]
    assert plan.decide(between) is Verdict.UNDECIDED


def test_no_verdict_before_three_seeds():
    plan = plan_sequential(Spread(1.0, 0.0, math.inf, 74.0), 1, 1.2, 40)
    huge = compare_pair(np.full((2, 1), 99.0), np.zeros((2, 1)), 0.0, Spread(1.0, 0.0, math.inf, 74.0))
    assert plan.decide(huge) is None


def test_a_pilots_own_variance_will_do():
    plan = plan_sequential(Spread(seed=1.0), 1, 1.3, 40)
    assert plan.false_alarm <= 0.05
    assert plan.found[0] > 4


def test_refuses_what_cannot_be_planned():
    with pytest.raises(MixBenchError, match="until decided: needed"):
        plan_sequential(Spread(), 1, 1.0, 20)
    with pytest.raises(MixBenchError, match="until decided: needed"):
        plan_sequential(Spread(seed=1.0), 1, 1.0, 2)
