"""Readings from outcomes against scikit-learn, scipy and hand-worked cases."""

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import log_loss

from mixbench.results.arrays import compact
from mixbench.results.calibration import ece, ece_mass
from mixbench.results.measures import BY_NAME, read


@pytest.fixture(scope="module")
def probabilities() -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.full(7, 0.3), size=200)


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(7, size=200)


@pytest.fixture(scope="module")
def outcomes(probabilities, labels) -> dict[str, np.ndarray]:
    true = probabilities[np.arange(200), labels]
    return {
        "labels": labels,
        "classes": np.array(7),
        "clean.rank": (probabilities > true[:, None]).sum(1) + 1,
        "clean.confidence": probabilities.max(1),
        "clean.log_probability": np.log(true),
        "clean.squared_sum": (probabilities**2).sum(1),
    }


def value(outcomes: dict[str, np.ndarray], name: str) -> float:
    reading = BY_NAME[name].compute(outcomes)
    assert reading is not None
    return reading.value


def test_nll_is_scikit_learns(outcomes, probabilities, labels):
    assert value(outcomes, "calibration.nll") == pytest.approx(log_loss(labels, probabilities, labels=range(7)))


def test_brier_is_the_squared_distance_to_one_hot(outcomes, probabilities, labels):
    expected = ((probabilities - np.eye(7)[labels]) ** 2).sum(1).mean()
    assert value(outcomes, "calibration.brier") == pytest.approx(expected)


def test_gap_is_confidence_minus_accuracy(outcomes, probabilities, labels):
    expected = probabilities.max(1).mean() - (probabilities.argmax(1) == labels).mean()
    assert value(outcomes, "calibration.gap") == pytest.approx(expected)
    assert expected > 0.1


@pytest.mark.parametrize(("name", "k"), [("clean.top1_error", 1), ("clean.top5_error", 5)])
def test_top_errors_are_those_of_the_sorted_classes(outcomes, probabilities, labels, name, k):
    top = np.argsort(-probabilities, axis=1)[:, :k]
    expected = 1 - (top == labels[:, None]).any(1).mean()
    assert value(outcomes, name) == pytest.approx(expected)
    assert 0 < expected < 1


@pytest.mark.parametrize(("classes", "there"), [(2, False), (5, False), (6, True)])
def test_top_five_needs_more_than_five_classes(outcomes, classes, there):
    assert ("clean.top5_error" in read({**outcomes, "classes": np.array(classes)})) is there
    assert "clean.top1_error" in read({**outcomes, "classes": np.array(classes)})


def test_a_share_has_wilsons_interval(outcomes):
    reading = BY_NAME["clean.top1_error"].compute(outcomes)
    wrong = int((outcomes["clean.rank"] > 1).sum())
    interval = scipy.stats.binomtest(wrong, 200).proportion_ci(method="wilson")
    assert (reading.value, reading.n) == (wrong / 200, 200)
    assert (reading.low, reading.high) == pytest.approx((interval.low, interval.high))


def test_intervals_of_means_are_near_the_normal_ones(outcomes, probabilities, labels):
    """The percentile bootstrap of 200 examples is within a sixth of a width of ± 1.96 standard errors."""
    each = {
        "nll": -outcomes["clean.log_probability"],
        "brier": ((probabilities - np.eye(7)[labels]) ** 2).sum(1),
        "gap": outcomes["clean.confidence"] - (outcomes["clean.rank"] == 1),
    }
    for name, values in each.items():
        reading = BY_NAME[f"calibration.{name}"].compute(outcomes)
        half = 1.96 * scipy.stats.sem(values)
        assert reading.n == 200
        assert (reading.low, reading.high) == pytest.approx(
            (values.mean() - half, values.mean() + half), abs=half / 3
        ), name


@pytest.mark.parametrize(("name", "formula"), [("ece", ece), ("ece_mass", ece_mass)])
def test_intervals_of_calibration_errors_are_those_of_resampled_examples(outcomes, name, formula):
    confidence, correct = outcomes["clean.confidence"], outcomes["clean.rank"] == 1
    places = np.random.default_rng(5).integers(200, size=(2000, 200))
    low, high = np.quantile(formula(confidence, correct, places), [0.025, 0.975])
    reading = BY_NAME[f"calibration.{name}"].compute(outcomes)
    assert (reading.low, reading.high) == pytest.approx((low, high), abs=0.15 * (high - low))


def test_ece_scaled_is_one_ece_over_both_halves(outcomes):
    scaled = np.sqrt(outcomes["clean.confidence"])
    correct = outcomes["clean.rank"] == 1
    expected = ece(scaled, correct, np.arange(200)[None])[0]
    assert value({**outcomes, "scaled.confidence": scaled}, "calibration.ece_scaled") == pytest.approx(expected)
    assert expected != pytest.approx(value(outcomes, "calibration.ece"))
    assert "calibration.ece_scaled" not in read(outcomes)


def test_a_perfect_and_certain_model():
    n = 20
    perfect = {
        "labels": np.zeros(n),
        "classes": np.array(3),
        "clean.rank": np.ones(n, dtype=int),
        "clean.confidence": np.ones(n),
        "clean.log_probability": np.zeros(n),
        "clean.squared_sum": np.ones(n),
    }
    readings = read(perfect)
    assert all(reading.value == 0 for reading in readings.values())
    assert {"clean.top1_error", "calibration.ece", "calibration.nll", "selective.aurc"} <= readings.keys()


NOISE = {
    "labels": np.array([0, 1, 2, 0]),
    "classes": np.array(3),
    "noise50.given": np.array([0, 0, 2, 1, 1, 2]),
    "noise50.corrupted": np.array([False, True, False, True, False, True]),
    "noise50.train_predicted": np.array([0, 0, 1, 0, 1, 1]),
    "noise50.test_predicted": np.array([0, 1, 1, 2]),
    "noise50.test_error": np.array([0.75, 0.25, 0.5]),
}


def test_label_noise_by_hand():
    """Kept: 0 right, 2 taken for 1, 1 right. Redrawn: 0 right, 1 taken for 0, 2 taken for 1. All by the given label."""
    found = {name: reading for name, reading in read(NOISE).items() if name.startswith("noise50")}
    assert {name.split(".")[1]: (reading.value, reading.n) for name, reading in found.items()} == {
        "test_error_best": (0.25, 4),
        "test_error_last": (0.5, 4),
        "train_error_real": (pytest.approx(1 / 3), 3),
        "train_error_corrupted": (pytest.approx(2 / 3), 3),
    }


def test_a_best_epoch_has_no_interval():
    readings = read(NOISE)
    assert readings["noise50.test_error_best"].low is readings["noise50.test_error_best"].high is None
    assert readings["noise50.test_error_last"].low is not None


def test_in_between_is_resampled_by_pairs():
    """All of one pair's 11 points miss, none of another's: the interval is that of 40 pairs, not of 440 points."""
    missed = np.zeros((40, 11), dtype=bool)
    missed[:20] = True
    reading = read({"classes": np.array(3), "between.miss_mixup": missed})["between.miss_mixup"]
    assert (reading.value, reading.n) == (0.5, 40)
    assert reading.high - reading.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(40), rel=0.15)


def test_compact_keeps_what_readings_need(outcomes):
    kept = compact({**outcomes, "fgsm.white.confidence": outcomes["clean.confidence"]})
    assert kept["clean.rank"].dtype == kept["labels"].dtype == np.uint16
    assert kept["clean.confidence"].dtype == np.float64
    assert kept["fgsm.white.confidence"].dtype == np.float32
    assert read(kept) == read(outcomes)
