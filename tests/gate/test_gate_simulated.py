"""The gate on simulated trainings of known variance: how often it errs, and what it finds."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats
from simulated import World

from mixbench.compare import board_prior, components
from mixbench.gate.calibrate import noise_of
from mixbench.gate.calibration import Calibration, Noise
from mixbench.gate.comparison import Comparison
from mixbench.gate.contrast import Contrast, Variances, contrast, mistaken
from mixbench.gate.verdict import Verdict, judge

METHODS, MEASURES, CALIBRATED, N = 10, 8, 3, 10
WORLDS = 12


class Trained(NamedTuple):
    """A calibration and, of each measure, its methods' further trainings (seeds, N): a baseline's, a candidate's."""

    calibration: Calibration
    further: dict[str, list[np.ndarray]]


@cache
def trained(prior: float, seeds: int, world: int) -> Trained:
    """Methods of a simulated suite; the first seeds make its calibration."""
    rng = np.random.default_rng([world, seeds, int(min(prior, 999))])
    simulated = World(method_seed=1.0, rest=1.0, seed=0.0, example=1.0, prior=prior)
    rows = {f"m{place}": simulated.rows(rng, [CALIBRATED + 2 * seeds] * METHODS, N) for place in range(MEASURES)}
    names = [f"a{place}" for place in range(METHODS)]
    known = {name: {m: table[:CALIBRATED] for m, table in zip(names, rows[name], strict=True)} for name in rows}
    d0 = board_prior([components(list(each.values())) for each in known.values()])
    made = Calibration(
        suite="s", suite_digest="0" * 64, backbone="b", prior=None if math.isinf(d0) else d0,
        seeds=dict.fromkeys(names, CALIBRATED), trainings=[],
        measures={name: noise_of(each, 0.0) for name, each in known.items()},
    )  # fmt: skip
    return Trained(made, {name: [table[CALIBRATED:] for table in rows[name]] for name in rows})


def comparisons(made: Trained, place: int, seeds: int, worse: dict[str, float], method: str | None) -> list[Comparison]:
    """All measures of one method, or of one that the calibration lacks, some of them worse by so many tolerances."""
    compared = []
    for name, tables in made.further.items():
        tolerance = made.calibration.tolerance(name, method or f"a{place}")
        assert tolerance is not None
        before, after = tables[place][:seeds], tables[place][seeds:] + worse.get(name, 0.0) * tolerance
        known = made.calibration.variances(name, method or f"a{place}")
        assert known is not None
        side, numbers = Variances(*known), ([*range(seeds)], [*range(seeds, 2 * seeds)])
        test = contrast(before, after, numbers, (side, side), made.calibration.measures[name].rest)
        compared.append(Comparison("clean.top1_error", 0.0, 0.0, tolerance=tolerance, test=test))
    return compared


class Shares(NamedTuple):
    """How often anything regresses, anything is undecided, the first measure regresses; the share that is ok."""

    regression: float
    inconclusive: float
    first: float
    ok: float


def shares(prior: float, seeds: int, worse: dict[str, float], method: str | None = None) -> Shares:
    """Over simulated suites and their methods."""
    runs = []
    for world in range(WORLDS):
        made = trained(prior, seeds, world)
        for place in range(METHODS):
            said = [each.verdict for each in judge(comparisons(made, place, seeds, worse, method))]
            fine = sum(each in (Verdict.OK, Verdict.IMPROVED) for each in said) / len(said)
            runs.append((Verdict.REGRESSION in said, Verdict.INCONCLUSIVE in said, said[0] is Verdict.REGRESSION, fine))
    return Shares(*np.mean(runs, axis=0).tolist())


ALL = {f"m{place}": 1.0 for place in range(MEASURES)}
FALSE, MISSED = 0.02, 0.05


def most(level: float, draws: int) -> float:
    """What a share of this true value stays below but in one of a thousand simulations."""
    return level + 3.1 * math.sqrt(level * (1 - level) / draws)


@pytest.mark.parametrize("prior", [math.inf, 5.0])
@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_where_everything_is_worse_by_just_the_tolerance_both_levels_are_kept(prior, seeds):
    found = shares(prior, seeds, ALL)
    assert found.regression <= most(FALSE, WORLDS * METHODS)
    assert found.ok <= most(MISSED, WORLDS * METHODS)


def test_of_a_method_that_the_calibration_lacks_one_seed_keeps_both_levels():
    found = shares(5.0, 1, ALL, "another")
    assert found.regression <= most(FALSE, WORLDS * METHODS)
    assert found.ok <= most(MISSED, WORLDS * METHODS)


@pytest.mark.parametrize("prior", [math.inf, 5.0])
def test_three_seeds_see_no_change_as_none_and_twice_the_tolerance_as_one(prior):
    unchanged, changed = shares(prior, 3, {}), shares(prior, 3, {"m0": 2.0})
    assert unchanged.regression <= 0.01
    assert unchanged.inconclusive <= most(0.05, WORLDS * METHODS)
    assert unchanged.ok >= 0.98
    assert changed.first >= 1 - most(0.1, WORLDS * METHODS)


def test_a_tolerance_is_at_least_what_three_trainings_a_side_find_twice_of_nine_times_in_ten():
    noise = Noise(same=0.01, other=0.02, rest=0.1, freedom=20.0, tolerance=0.001, methods={"noisy": (0.02, 0.04)})
    made = Calibration(
        suite="s", suite_digest="0" * 64, backbone="b", prior=None, seeds={"noisy": 9}, trainings=[],
        measures={"m0": noise, "m1": noise},
    )  # fmt: skip
    found, error = made.tolerance("m0", "another"), 0.02 * math.sqrt(2 / 3)
    assert found is not None
    assert 0.9 <= stats.nct(24, found / error).sf(stats.t(24).ppf(1 - 0.02 / 2)) < 0.915
    assert made.tolerance("m0", "noisy") > found < made.tolerance("m0", "another", classes=10)
    assert made.tolerance("none", "another") is None


def test_one_seed_finds_what_is_gross_alone():
    assert shares(5.0, 1, {}).regression == 0.0
    assert shares(5.0, 1, {"m0": 6.0}).first >= 0.8


@pytest.mark.parametrize(("first", "second", "expected"), [
    ([0, 1, 2], [0, 1, 2], 2 / 3),
    ([0, 1, 2], [3, 4, 5], 2 / 3 * (1 + 4.0)),
    ([0, 1, 2], [0, 1, 2, 3, 4, 5], (1 / 3 + 1 / 6) + 4.0 * (1 / 3 - 1 / 6)),
    ([0, 1], [1, 2], 1 + 4.0 / 2),
])  # fmt: skip
def test_the_variance_follows_from_which_seeds_both_sides_have(first, second, expected):
    """Seeds that do nothing but shift all methods alike, by a standard deviation of 2."""
    side, rng = Variances(1.0, 5.0, 1e9), np.random.default_rng(4)
    zeros = [np.zeros((len(each), 2)) for each in (first, second)]
    found = contrast(zeros[0], zeros[1], (first, second), (side, side))
    assert found is not None
    assert found.seed == pytest.approx(expected)
    shifts = 2 * rng.standard_normal((4000, 6))
    means = [(shifts[:, each] + rng.standard_normal((4000, len(each)))).mean(axis=1) for each in (first, second)]
    assert (means[1] - means[0]).var() == pytest.approx(expected, rel=0.1)


def test_without_a_calibration_it_is_the_paired_t_test_of_scipy():
    rng = np.random.default_rng(5)
    before, after = rng.normal(0, 1, (2, 4, 1))
    found = contrast(before, after, ([0, 1, 2, 3], [0, 1, 2, 3]))
    expected = stats.ttest_rel(after[:, 0], before[:, 0], alternative="greater")
    assert found is not None
    assert found.p_worse(0.0) == pytest.approx(expected.pvalue)
    interval = stats.ttest_rel(after[:, 0], before[:, 0]).confidence_interval(0.95)
    assert found.interval() == pytest.approx((interval.low, interval.high))


def test_without_a_calibration_and_without_a_seed_in_common_it_is_students_t_test():
    rng = np.random.default_rng(6)
    before, after = rng.normal(0, 1, (4, 1)), rng.normal(0.5, 1, (6, 1))
    found = contrast(before, after, ([0, 1, 2, 3], [4, 5, 6, 7, 8, 9]))
    p = float(np.asarray(stats.ttest_ind(after[:, 0], before[:, 0], alternative="greater"))[1])
    assert found is not None
    assert (found.p_worse(0.0), found.freedom) == (pytest.approx(p), 8)
    assert found.p_within(0.0) == pytest.approx(1 - p)


def test_how_often_twice_the_noise_misleads_is_what_is_said():
    """Differences of trainings of twice the standard deviation that is known, worse by the tolerance."""
    rng, d0, own, draws = np.random.default_rng(7), 5.0, 4, 40_000
    found, spread = 2 * rng.standard_normal(draws), 4 * rng.chisquare(own, draws) / own
    t = found / np.sqrt((d0 + own * spread) / (d0 + own))
    assert mistaken(d0, own) == pytest.approx((t < -stats.t(d0 + own).ppf(0.95)).mean(), abs=0.006)
    assert mistaken(d0, 0) == pytest.approx(0.157, abs=0.001)


def test_one_training_each_and_nothing_known_is_no_test():
    assert contrast(np.zeros((1, 3)), np.ones((1, 3)), ([0], [0])) is None


@pytest.mark.parametrize("tolerance", [0.02, 0.0])
def test_what_is_seen_is_found_nine_times_in_ten(tolerance):
    test = Contrast(0.0, 0.01**2, 0.0, 500.0, 400, (3, 3))
    sees = test.sees(tolerance, 0.002)
    found = np.random.default_rng(3).normal(sees, 0.01, 20_000)
    assert ((found - tolerance) / 0.01 > stats.t(500).ppf(0.998)).mean() == pytest.approx(0.9, abs=0.015)


def test_more_trainings_lessen_the_seeds_part_alone():
    more = Contrast(0.0, 0.06, 0.01, 4.0, 400, (3, 3)).with_trainings(6, 6)
    assert (more.seed, more.floor, more.known) == (pytest.approx(0.03), 0.01, 7.0)
