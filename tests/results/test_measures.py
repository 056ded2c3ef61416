"""The table of measures: the names of the protocol, declared ranges, and values that keep to them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixbench.results.measures import BY_NAME, MEASURES, Direction, Over, read
from mixbench.results.outcomes import compact

CONDITIONS = ["clean", "fgsm.white", "ifgsm.white", "fgsm.black", "ifgsm.black"]
NOISES = ["noise20", "noise50", "noise80", "noise_given"]
CALIBRATION = ["ece", "ece_mass", "nll", "brier", "gap", "ece_scaled"]
NAMES = {
    *(f"{condition}.top{k}_error" for condition in CONDITIONS for k in (1, 5)),
    *(f"{noise}.test_error_{which}" for noise in NOISES for which in ("best", "last")),
    *(f"{noise}.train_error_{which}" for noise in NOISES for which in ("real", "corrupted")),
    *(f"calibration.{name}" for name in CALIBRATION),
    *(f"between.{name}" for name in ("miss_mixup", "miss_cutmix", "gradient_norm")),
    *(f"diagnostics.{name}" for name in ("zero_gradient", "saturated", "fgsm_plain")),
}


def test_names_are_the_protocols_and_unique():
    names = [measure.name for measure in MEASURES]
    assert len(names) == len(set(names)) == 38
    assert set(names) == NAMES == BY_NAME.keys()


def test_directions_are_the_protocols():
    expected = dict.fromkeys(NAMES, Direction.LOWER) | {
        "calibration.gap": Direction.ZERO,
        **{f"{noise}.train_error_corrupted": Direction.CEILING for noise in NOISES},
        **{name: Direction.FLAG for name in NAMES if name.startswith("diagnostics.")},
    }
    assert {measure.name: measure.direction for measure in MEASURES} == expected


def test_ranges_are_the_quantities():
    expected = dict.fromkeys(NAMES, (0.0, 1.0)) | {
        "calibration.nll": (0.0, None),
        "calibration.brier": (0.0, 2.0),
        "calibration.gap": (-1.0, 1.0),
        "between.gradient_norm": (0.0, None),
    }
    assert {measure.name: measure.range for measure in MEASURES} == expected


def test_counts_are_of_what_each_measure_goes_over():
    expected = dict.fromkeys(NAMES, Over.TEST) | {
        **{f"{noise}.train_error_{which}": Over.TRAIN for noise in NOISES for which in ("real", "corrupted")},
        **{name: Over.PAIRS for name in NAMES if name.startswith("between.")},
    }
    assert {measure.name: measure.over for measure in MEASURES} == expected


def test_every_measure_says_what_it_is():
    assert all(measure.unit and measure.meaning and "\n" not in measure.meaning for measure in MEASURES)
    assert len({measure.meaning for measure in MEASURES}) == len(MEASURES)


def condition(rng: np.random.Generator, labels: np.ndarray, classes: int, scale: float) -> dict[str, np.ndarray]:
    logits = rng.normal(scale=scale, size=(len(labels), classes))
    log_p = logits - logits.max(1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(1, keepdims=True))
    true = log_p[np.arange(len(labels)), labels]
    return {
        "predicted": log_p.argmax(1),
        "rank": (log_p > true[:, None]).sum(1) + 1,
        "confidence": np.exp(log_p).max(1),
        "log_probability": true,
        "squared_sum": (np.exp(log_p) ** 2).sum(1),
    }


def noise(rng: np.random.Generator, labels: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    corrupted = np.arange(9) % 3 == 0
    return {
        "given": rng.integers(classes, size=9),
        "corrupted": corrupted,
        "train_predicted": rng.integers(classes, size=9),
        "test_predicted": rng.integers(classes, size=len(labels)),
        "test_error": rng.random(4),
    }


def random_outcomes(seed: int, n: int, classes: int, scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    parts = {name: condition(rng, labels, classes, scale) for name in [*CONDITIONS, "fgsm.plain"]}
    parts |= {name: noise(rng, labels, classes) for name in NOISES}
    return {
        "labels": labels,
        "classes": np.array(classes),
        **{f"{part}.{name}": values for part, rows in parts.items() for name, values in rows.items()},
        "scaled.confidence": rng.random(n),
        "saturated": rng.random(n) < 0.5,
        "zero_gradient": rng.random(n) < 0.5,
        "between.miss_mixup": rng.random((5, 11)) < 0.5,
        "between.miss_cutmix": rng.random((5, 11)) < 0.5,
        "between.gradient_norm": rng.exponential(size=(5, 11)),
    }


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(2, 60),
    classes=st.integers(2, 12),
    scale=st.sampled_from([0.01, 1.0, 30.0, 1000.0]),
)
def test_values_keep_to_their_range(seed, n, classes, scale):
    readings = read(compact(random_outcomes(seed, n, classes, scale)))
    assert readings.keys() == {name for name in NAMES if classes > 5 or "top5" not in name}
    for name, reading in readings.items():
        low, high = BY_NAME[name].range
        slack = 1e-12
        for value in (reading.value, reading.low, reading.high):
            if value is not None:
                assert low - slack <= value <= (math.inf if high is None else high) + slack, name


@pytest.mark.parametrize("prefix", ["fgsm.black", "ifgsm.black", "noise50", "between", "scaled", "fgsm.plain"])
def test_a_measure_without_its_outcomes_is_left_out(prefix):
    found = random_outcomes(0, 40, 10, 1.0)
    without = read({name: values for name, values in found.items() if not name.startswith(f"{prefix}.")})
    left_out = {"scaled": {"calibration.ece_scaled"}, "fgsm.plain": {"diagnostics.fgsm_plain"}}
    expected = left_out.get(prefix, {name for name in NAMES if name.startswith(f"{prefix}.")})
    assert read(found).keys() - without.keys() == expected


def test_readings_are_in_the_tables_order():
    assert list(read(random_outcomes(0, 40, 10, 1.0))) == [measure.name for measure in MEASURES]
