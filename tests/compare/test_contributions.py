"""What a row of records contributes, by the table of measures."""

import numpy as np
import pytest

from mixbench.compare import Column, components, contributions
from mixbench.results.measures import BY_NAME


def outcomes(rng, bias):
    confidence = rng.uniform(0.5, 1.0, 40)
    rank = np.where(rng.uniform(size=40) < confidence - bias, 1, 2)
    errors = rng.uniform(0.1, 0.2, 9)
    return {
        "clean.confidence": confidence, "clean.rank": rank, "classes": np.array(10),
        "labels": rng.integers(10, size=40), "noise50.test_error": errors,
        "noise50.test_predicted": rng.integers(10, size=40),
    }  # fmt: skip


@pytest.mark.parametrize(
    "measure", ["clean.top1_error", "calibration.ece", "noise50.test_error_best", "clean.worst_class_error"]
)
def test_their_means_are_the_readings(measure):
    rng = np.random.default_rng(1)
    seeds = [outcomes(rng, 0.1) for _ in range(3)]
    values = contributions(BY_NAME[measure], seeds)
    assert values.mean(axis=1) == pytest.approx([BY_NAME[measure].compute(each).value for each in seeds])


@pytest.mark.parametrize("bias", [-0.2, 0.2])
def test_a_gap_has_one_sign_a_row(bias):
    rng = np.random.default_rng(2)
    seeds = [outcomes(rng, bias) for _ in range(3)]
    gap = BY_NAME["calibration.gap"]
    values = contributions(gap, seeds)
    assert values.mean() == pytest.approx(abs(np.mean([gap.compute(each).value for each in seeds])))


def test_what_is_missing_is_none():
    assert contributions(BY_NAME["fgsm.white.top1_error"], [outcomes(np.random.default_rng(3), 0.0)]) is None


def test_the_best_epoch_has_seeds_alone_and_no_floor():
    rng = np.random.default_rng(4)
    rows = [contributions(BY_NAME["noise50.test_error_best"], [outcomes(rng, 0.0) for _ in range(3)]) for _ in range(5)]
    column = Column(components(rows))
    assert rows[0].shape == (3, 1)
    assert column.floor == 0
    assert column.resolution > 0


@pytest.mark.parametrize(("harder", "least", "most"), [(1.0, 0.8, 1.25), (0.0, 1.0, 1.7)])
def test_the_worst_class_varies_over_test_draws_and_seeds_as_its_column_says(harder, least, most):
    """Models of equal chances on a hundred test splits: what their worst classes differ by, over what was promised.

    Where classes are level, any of which may be the worst, resamples vary more than test splits do.
    """
    rng, worst = np.random.default_rng(5), BY_NAME["clean.worst_class_error"]
    labels, promised, found = np.arange(150) % 5, [], []
    for _ in range(100):
        hard = rng.standard_normal(150) + rng.standard_normal((6, 150)) + harder * (labels == 3)
        wrong = hard[:, None] + 0.5 * rng.standard_normal((6, 2, 150)) > 1.2
        rows = [contributions(worst, [{"labels": labels, "clean.rank": 1 + each} for each in row]) for row in wrong]
        column = components(rows)
        promised.append(column.variance(2))
        found.append(column.means.var(ddof=1))
    assert least < np.mean(promised) / np.mean(found) < most


def test_the_worst_classs_draws_are_one_for_all_models_of_a_test_split():
    rng, worst = np.random.default_rng(6), BY_NAME["clean.worst_class_error"]
    one = outcomes(rng, 0.1)
    same, other = worst.contributions(one), worst.contributions({**one, "clean.rank": 3 - one["clean.rank"]})
    assert (same == worst.contributions(one)).all()
    assert same.mean() != other.mean()
