"""The table of measures: the names of the protocol, declared ranges, and values that keep to them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixbench.results.arrays import compact
from mixbench.results.attacks import ATTACKED, OPTIONAL, attacks_in
from mixbench.results.measures import BY_NAME, HEADLINE, MEASURES, Direction, read
from mixbench.results.noises import NOISES

GOLDEN = Path(__file__).parents[1] / "measures.json"
DECLARED = json.loads(GOLDEN.read_text(encoding="utf-8"))
"""The protocol's measures: name, unit, direction, range, what n is over, group."""

NAMES = {row["name"] for row in DECLARED}
CONDITIONS = ("clean", *ATTACKED, *(f"{attack.name}.white" for group in OPTIONAL for attack in attacks_in(group)))


def test_the_table_is_the_protocols():
    declared = [
        {
            "name": measure.name,
            "unit": measure.unit,
            "direction": measure.direction.name,
            "range": list(measure.range),
            "over": measure.over.name,
            "group": measure.group,
            "since": measure.since,
        }
        for measure in MEASURES
    ]
    assert declared == DECLARED
    assert len(BY_NAME) == len(MEASURES)


def test_every_measure_says_what_it_is():
    assert all(measure.unit and measure.meaning and "\n" not in measure.meaning for measure in MEASURES)
    assert len({measure.meaning for measure in MEASURES}) == len(MEASURES)
    assert all((measure.each or measure.own) and measure.section and measure.short for measure in MEASURES)


def test_headlines_are_ranked():
    """The overall order is made of seven measures; one more changes every board's order."""
    assert len(HEADLINE) == 7
    assert all(BY_NAME[name].direction in (Direction.LOWER, Direction.ZERO) for name in HEADLINE)


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
