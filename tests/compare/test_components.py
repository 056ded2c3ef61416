"""Variance components against statsmodels' mixed model, the definition over pairs, and known truths."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from simulated import World

from mixbench.compare import components
from mixbench.compare.critical import tukey
from mixbench.compare.prior import board_prior, moderated, prior_freedom
from mixbench.spec.errors import MixBenchError

WORLD = World(method_seed=0.5, method_example=0.5, rest=1.0, example=1.0)


def mixed_model(rows):
    """REML on M - 1 orthonormal contrasts of the methods, which are free of the seed's and the example's effects."""
    table = np.stack(rows)
    m, s, n = table.shape
    contrasts = np.linalg.qr(np.column_stack([np.ones(m), np.eye(m)[:, 1:]]))[0][:, 1:]
    k, seed, example = np.meshgrid(range(m - 1), range(s), range(n), indexing="ij")
    data = pd.DataFrame(
        {"y": np.tensordot(contrasts.T, table, 1).ravel(), "k": k.ravel(), "s": seed.ravel(), "e": example.ravel()}
    )
    parts = {"e": "0+C(e)", "s": "0+C(s)"}
    fit = smf.mixedlm("y ~ 0+C(k)", data, groups="k", re_formula="0", vc_formula=parts).fit(reml=True)
    return {"example": fit.vcomp[0], "seed": fit.vcomp[1], "rest": fit.scale}


@pytest.mark.parametrize("shape", [(3, 3, 8), (4, 3, 12), (6, 4, 30)])
@pytest.mark.filterwarnings("ignore")
def test_as_statsmodels_mixed_model(shape):
    m, s, n = shape
    rows = WORLD.rows(np.random.default_rng(11), [s] * m, n)
    found, expected = components(rows), mixed_model(rows)
    assert found.example == pytest.approx(expected["example"], rel=1e-3)
    assert (found.seed - found.rest) / n == pytest.approx(expected["seed"], rel=1e-3)
    assert found.rest == pytest.approx(expected["rest"], rel=1e-3)


def pairwise_variance(a, b):
    """(MS_s + MS_e - MS_se)/(S·N) of a difference."""
    d = a - b
    (s, n), seeds, examples = d.shape, d.mean(axis=1), d.mean(axis=0)
    rest = d - seeds[:, None] - examples + d.mean()
    ms = n * seeds.var(ddof=1), s * examples.var(ddof=1), (rest**2).sum() / ((s - 1) * (n - 1))
    return (ms[0] + ms[1] - ms[2]) / (s * n)


def test_variance_is_the_mean_over_pairs():
    rows = WORLD.rows(np.random.default_rng(2), [4] * 5, 20)
    expected = np.mean([pairwise_variance(a, b) for a, b in itertools.combinations(rows, 2)])
    assert 2 * components(rows).variance(4) == pytest.approx(expected)


def test_own_variances_average_to_the_pooled_one():
    found = components(WORLD.rows(np.random.default_rng(3), [3] * 6, 10))
    assert found.seed_own.mean() == pytest.approx(found.seed)
    assert found.example_own.mean() == pytest.approx(found.example)
    assert found.freedom == pytest.approx(5 * 2)
    assert found.freedom_own == pytest.approx(np.full(6, 2.0))


def test_unequal_seeds_are_unbiased():
    rng, n, seeds = np.random.default_rng(4), 12, [2, 3, 3, 5, 8, 8]
    found = [components(WORLD.rows(rng, seeds, n)) for _ in range(600)]
    truth = {"seed": n * 0.25 + 1.0, "example": 0.25, "rest": 1.0}
    for name, expected in truth.items():
        values = np.array([getattr(each, name) for each in found])
        assert abs(values.mean() - expected) < 4 * values.std() / np.sqrt(len(values)), name
    own = np.array([each.seed_own for each in found])
    assert (abs(own.mean(axis=0) - truth["seed"]) < 4 * own.std(axis=0) / np.sqrt(len(own))).all()


def test_a_seed_of_one_row_alone_tells_nothing():
    rows = WORLD.rows(np.random.default_rng(5), [3, 3, 3, 9], 4)
    cut = [*rows[:3], rows[3][:3]]
    assert components(rows).seed == pytest.approx(components(cut).seed)


def test_the_measures_that_no_test_draw_touches_have_no_floor():
    found = components(World().rows(np.random.default_rng(6), [3] * 4, 1))
    assert found.floor == 0
    assert found.satterthwaite() == pytest.approx(6)


@pytest.mark.parametrize("shapes", [[(3, 2)], [(1, 2), (3, 2)]])
def test_refuses_what_has_no_components(shapes):
    rows = [np.ones(shape) for shape in shapes]
    with pytest.raises(MixBenchError, match="resolution: needed"):
        components(rows)


@pytest.mark.parametrize("prior", [4.0, 10.0])
def test_prior_of_many_variances(prior):
    rng = np.random.default_rng(7)
    variances = prior / rng.chisquare(prior, 40_000) * rng.chisquare(4, 40_000) / 4
    assert prior_freedom(variances, np.full(40_000, 4.0)) == pytest.approx(prior, rel=0.1)


def test_equal_variances_have_an_infinite_prior():
    assert prior_freedom(np.ones(10), np.full(10, 2.0)) == np.inf


def test_board_prior_is_more_cautious_than_its_columns_median():
    rng = np.random.default_rng(8)
    columns = [components(World(prior=6.0).rows(rng, [4] * 20)) for _ in range(7)]
    fits = [prior_freedom(each.seed_own, each.freedom_own) for each in columns]
    assert 2 < board_prior(columns) < np.median(fits)


def test_moderated_by_hand():
    assert moderated(1.0, np.array([4.0, 0.0]), np.array([2.0, 0.0]), 6.0) == pytest.approx([(6 + 8) / 8, 1.0])
    assert moderated(1.0, np.array([4.0]), np.array([2.0]), np.inf) == pytest.approx([1.0])
    assert moderated(1.0, np.array([4.0]), np.array([2.0]), 0.0) == pytest.approx([4.0])


def test_parts_that_cancel_leave_one_degree_of_freedom():
    rows = list(np.random.default_rng(0).random((4, 3, 20)))
    found = replace(components(rows), seed=1e-6, example=1e-6, rest=1.0)
    assert found.satterthwaite() == 1.0
    assert math.isfinite(tukey(5, found.satterthwaite()))
