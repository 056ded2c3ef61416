"""Intervals and tests against scipy."""

import numpy as np
import pytest
import scipy.stats

from mixbench.results.statistics import DRAWS, bootstrap, mcnemar, wilson


@pytest.mark.parametrize("n", [1, 2, 10, 360, 50_000])
def test_wilson_is_scipys(n):
    for successes in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        interval = scipy.stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
        assert wilson(successes, n) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_wilson_by_hand():
    """For 5 of 10 the centre is 1/2, and z²/n = 0.384146."""
    half = 1.959964 * np.sqrt(0.025 + 0.0096036) / 1.384146
    assert wilson(5, 10) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-5)


def test_wilson_holds_the_value_at_the_ends():
    ends = [wilson(n, n)[1] for n in range(1, 400)]
    assert [wilson(0, n)[0] for n in range(1, 400)] == [0.0] * 399
    assert ends == [1.0] * 399


def test_bootstrap_agrees_with_scipys_percentiles():
    """Of 2,000 draws the ends have a Monte-Carlo error of 2 % of the width each; 10 % is beyond 4 joint errors."""
    values = np.random.default_rng(0).exponential(size=200)
    low, high = bootstrap(lambda places: values[places].mean(axis=1), 200, "some")
    other = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    width = other.high - other.low
    assert abs(low - other.low) < 0.1 * width
    assert abs(high - other.high) < 0.1 * width


def test_bootstrap_is_the_percentiles_of_its_stream():
    """Whole resamples of n places below n, 2,000 of them, cut at 2.5 and 97.5 %."""
    seen = []

    def statistic(places: np.ndarray) -> np.ndarray:
        seen.append(places)
        return places.mean(axis=1)

    low, high = bootstrap(statistic, 50, "some")
    places = np.concatenate(seen)
    assert places.shape == (DRAWS, 50) == (2000, 50)
    assert places.min() == 0
    assert places.max() == 49
    assert (low, high) == pytest.approx(tuple(np.quantile(places.mean(axis=1), [0.025, 0.975])))


def test_bootstrap_covers():
    """Over 300 normal samples of 50 about 94 % of the intervals hold the mean; under 85 % has p < 1e-8."""
    rng = np.random.default_rng(0)
    hits = 0
    for i in range(300):
        values = rng.normal(size=50)
        low, high = bootstrap(lambda places, v=values: v[places].mean(axis=1), 50, f"sample {i}")
        hits += low < 0 < high
    assert 0.85 < hits / 300 < 0.995


def test_bootstrap_repeats_and_purposes_differ():
    values = np.random.default_rng(0).normal(size=40)
    first, again, other = (bootstrap(lambda p: values[p].mean(axis=1), 40, name) for name in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_bootstrap_of_many_examples_comes_in_pieces():
    sizes = []

    def statistic(places: np.ndarray) -> np.ndarray:
        sizes.append(len(places))
        return np.arange(len(places), dtype=float)

    bootstrap(statistic, 20_000, "some")
    assert sum(sizes) == 2000
    assert max(sizes) * 20_000 <= 4_000_000


def wrongs(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, first, second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (0, 6), (3, 9), (7, 7), (8, 7), (40, 70), (0, 2000)])
def test_mcnemar_is_the_sign_test_on_disagreements(first, second):
    p = scipy.stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(*wrongs(20, first, second, 30)) == pytest.approx(p, rel=1e-9)


def test_mcnemar_by_hand():
    """1 against 5: twice (1 + 6) of 64."""
    assert mcnemar(*wrongs(4, 1, 5, 10)) == pytest.approx(14 / 64)
    assert mcnemar(*wrongs(4, 5, 1, 10)) == pytest.approx(14 / 64)
