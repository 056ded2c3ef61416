"""Calibration errors against netcal and against cases worked by hand."""

import numpy as np
import pytest
from netcal.metrics import ECE

from mixbench.results.calibration import ece, ece_mass, width_bins


def value(formula, confidence: list[float] | np.ndarray, correct: list[int] | np.ndarray) -> float:
    confidence, correct = np.array(confidence, dtype=float), np.array(correct, dtype=bool)
    return float(formula(confidence, correct, np.arange(len(confidence))[None])[0])


def by_definition(confidence: np.ndarray, correct: np.ndarray) -> float:
    """Sum over bins (lo, hi] of share times |accuracy − confidence|, bin by bin; 0 joins the first."""
    total = 0.0
    for k in range(15):
        inside = (confidence > k / 15) & (confidence <= (k + 1) / 15) | ((k == 0) & (confidence == 0))
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


@pytest.mark.parametrize("n", [20, 500, 5000])
@pytest.mark.parametrize("seed", range(3))
def test_ece_is_netcals(n, seed):
    rng = np.random.default_rng(seed)
    confidence = rng.beta(3, 1, n)
    correct = rng.random(n) < confidence**2
    expected = ECE(bins=15).measure(confidence, correct.astype(int))
    assert value(ece, confidence, correct) == pytest.approx(expected, abs=1e-12)
    assert value(ece, confidence, correct) == pytest.approx(by_definition(confidence, correct), abs=1e-12)


def test_ece_is_netcals_where_a_quarter_is_exactly_one():
    rng = np.random.default_rng(0)
    confidence = np.where(rng.random(400) < 0.25, 1.0, rng.beta(5, 1, 400))
    correct = rng.random(400) < 0.9
    expected = ECE(bins=15).measure(confidence, correct.astype(int))
    assert value(ece, confidence, correct) == pytest.approx(expected, abs=1e-12)


def test_exactly_one_shares_the_last_bin():
    """0.95 wrong and 1.0 right lie in one bin: |1/2 − 0.975|; a bin of its own for 1.0 would give 0.95/2."""
    assert value(ece, [0.95, 1.0], [0, 1]) == pytest.approx(0.475)
    assert value(ece, [0.95, 1.0, 1.0], [0, 1, 1]) == pytest.approx(0.95 / 3)


def test_exactly_zero_shares_the_first_bin():
    """0 right and 0.05 wrong lie in one bin: |1/2 − 0.025|."""
    assert value(ece, [0.0, 0.05], [1, 0]) == pytest.approx(0.475)


def test_bins_hold_their_upper_edge():
    edges = np.array([k / 15 for k in range(16)])
    assert width_bins(edges).tolist() == [0, *range(15)]
    assert width_bins(np.nextafter(edges[1:-1], 2)).tolist() == list(range(1, 15))
    assert width_bins(np.nextafter(edges[1:], 0)).tolist() == list(range(15))


def test_an_edge_belongs_to_the_bin_below():
    """1/3 = 5/15 is in (4/15, 5/15] with 0.3, so that right and wrong meet in one bin."""
    assert value(ece, [0.3, 5 / 15], [1, 0]) == pytest.approx(abs(1 - 0.3 - 1 / 3) / 2)
    assert value(ece, [5 / 15, 0.35], [1, 0]) == pytest.approx((2 / 3 + 0.35) / 2)


def test_ece_by_hand():
    """Bins of 0.9 and 0.92 (both in (13/15, 14/15]) and of 0.5 alone."""
    assert value(ece, [0.9, 0.92, 0.5], [1, 0, 1]) == pytest.approx(2 / 3 * (0.91 - 0.5) + 1 / 3 * 0.5)


def test_perfect_and_worst():
    assert value(ece, [1.0] * 8, [1] * 8) == value(ece_mass, [1.0] * 8, [1] * 8) == 0
    assert value(ece, [1.0] * 8, [0] * 8) == value(ece_mass, [1.0] * 8, [0] * 8) == 1


def test_ece_mass_by_hand():
    """30 examples, two in a bin by rising confidence: (0.5, 0.51), (0.52, 0.53), …; the first of each bin is right."""
    confidence = 0.5 + np.arange(30) / 100
    correct = np.arange(30) % 2 == 0
    expected = np.mean([abs(0.5 - (0.505 + 0.02 * k)) for k in range(15)])
    order = np.random.default_rng(0).permutation(30)
    assert value(ece_mass, confidence, correct) == pytest.approx(expected)
    assert value(ece_mass, confidence[order], correct[order]) == pytest.approx(expected)


def test_ece_mass_gives_the_larger_bins_first():
    """31 examples: the first bin has 3. Right in the lowest 3 alone, with confidence 0.2, else 0.8 and wrong."""
    confidence = np.array([0.2] * 3 + [0.8] * 28)
    correct = np.array([True] * 3 + [False] * 28)
    assert value(ece_mass, confidence, correct) == pytest.approx((3 * 0.8 + 28 * 0.8) / 31)
    split = np.array([False, False, True] + [False] * 28)
    assert value(ece_mass, confidence, split) == pytest.approx((1 - 0.6 + 28 * 0.8) / 31)


def test_ece_mass_breaks_ties_by_order():
    """With all confidences equal, bins follow the order of the examples: two a bin, right then wrong or both alike."""
    confidence = np.full(30, 0.5)
    assert value(ece_mass, confidence, np.arange(30) % 2) == 0
    assert value(ece_mass, confidence, np.arange(30) // 2 % 2) == pytest.approx(0.5)


@pytest.mark.parametrize("n", [1, 3, 14, 15, 16, 100])
def test_ece_mass_is_that_of_sorted_parts(n):
    rng = np.random.default_rng(n)
    confidence, correct = rng.random(n), rng.random(n) < 0.5
    order = np.argsort(confidence)
    parts = [part for part in np.array_split(order, 15) if len(part)]
    expected = sum(len(p) / n * abs(correct[p].mean() - confidence[p].mean()) for p in parts)
    assert value(ece_mass, confidence, correct) == pytest.approx(expected)


@pytest.mark.parametrize("formula", [ece, ece_mass])
def test_resamples_are_as_if_each_were_the_data(formula):
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(60), rng.random(60) < 0.5
    places = rng.integers(60, size=(20, 60))
    together = formula(confidence, correct, places)
    assert together.shape == (20,)
    alone = [value(formula, confidence[np.sort(row)], correct[np.sort(row)]) for row in places]
    np.testing.assert_allclose(together, alone, atol=1e-12)
