"""Pseudo-values against leaving out one by one, and draws against the bootstrap they are made from."""

import numpy as np
import pytest
from sklearn.metrics import auc

from mixbench.results import pseudo
from mixbench.results.calibration import width_bins
from mixbench.spec.seeding import SUITE_SEED, stream


def outcomes(seed, n=60):
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.1, 1.0, n).round(2)
    return confidence, rng.uniform(size=n) > confidence


@pytest.mark.parametrize("seed", [1, 2])
def test_binned_is_one_by_one(seed):
    confidence, wrong = outcomes(seed)
    gaps, bins = confidence - ~wrong, width_bins(confidence)

    def error(places):
        return np.abs(np.bincount(bins[places], weights=gaps[places])).sum() / len(places)

    slow = pseudo.pseudo_values(error(np.arange(60)), pseudo.without_each(error, 60))
    assert pseudo.binned(gaps, bins) == pytest.approx(slow)
    assert pseudo.binned(gaps, bins).mean() == pytest.approx(error(np.arange(60)))


def risks(confidence, wrong):
    order = np.argsort(-confidence, kind="stable")
    return wrong[order].cumsum() / np.arange(1, len(wrong) + 1)


MEASURES = {
    "aurc": (pseudo.aurc, lambda c, w: risks(c, w).mean()),
    "augrc": (pseudo.augrc, lambda c, w: (risks(c, w) * np.arange(1, len(w) + 1)).mean() / len(w)),
    "error_at": (pseudo.error_at(0.9), lambda c, w: risks(c, w)[-(-9 * len(w) // 10) - 1]),
}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("n", [2, 11, 60])
def test_over_coverage_is_one_by_one(name, n):
    (weights, statistic), (confidence, wrong) = MEASURES[name], outcomes(3, n)
    without = pseudo.without_each(lambda places: float(statistic(confidence[places], wrong[places])), n)
    slow = pseudo.pseudo_values(float(statistic(confidence, wrong)), without)
    assert pseudo.over_coverage(confidence, wrong, weights) == pytest.approx(slow)


def test_aurc_is_near_the_area_under_scikit_learns_trapezoids():
    confidence, wrong = outcomes(4, 4000)
    area = auc(np.arange(1, 4001) / 4000, risks(confidence, wrong))
    assert pseudo.over_coverage(confidence, wrong, pseudo.aurc).mean() == pytest.approx(area, abs=1e-3)


def test_pseudo_values_of_a_mean_are_its_values():
    values = np.random.default_rng(5).standard_normal(30)
    without = pseudo.without_each(lambda places: float(values[places].mean()), 30)
    assert pseudo.pseudo_values(float(values.mean()), without) == pytest.approx(values)


def test_their_spread_is_the_measures_own():
    samples = [outcomes(seed, 200) for seed in range(400)]
    each = [pseudo.over_coverage(confidence, wrong, pseudo.aurc) for confidence, wrong in samples]
    assert np.mean([values.var(ddof=1) / 200 for values in each]) == pytest.approx(
        np.var([values.mean() for values in each]), rel=0.2
    )


def test_worst_class_by_hand_and_its_draws():
    labels, wrong = np.repeat([3, 5, 7], 40), np.zeros(120, dtype=bool)
    wrong[[0, 1, 40, 41, 42, 43, 44, 45, 46, 47, 80]] = True
    found = pseudo.worst_class(wrong, labels)
    assert found.mean() == pytest.approx(8 / 40)
    rng, draws = stream(SUITE_SEED, "worst class"), []
    for _ in range(pseudo.DRAWS):
        places = rng.integers(120, size=120)
        draws.append(max(wrong[places][labels[places] == label].mean() for label in (3, 5, 7)))
    assert found.var(ddof=1) / len(found) == pytest.approx(np.var(draws, ddof=1))
