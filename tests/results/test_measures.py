"""The table of measures: the names of the protocol, declared ranges, and values that keep to them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixbench.results.arrays import compact
from mixbench.results.attacks import ATTACKED, OPTIONAL, WHITE_BOX, attacks_in
from mixbench.results.measures import BY_NAME, HEADLINE, MEASURES, Direction, read
from mixbench.results.noises import NOISES
from mixbench.results.outcomes import with_eps
from mixbench.results.shifts import condition as condition_of
from mixbench.spec.shifts import SHIFTS

GOLDEN = Path(__file__).parents[1] / "measures.json"
DECLARED = json.loads(GOLDEN.read_text(encoding="utf-8"))
"""The protocol's measures: name, unit, direction, range, what n is over, group."""

NAMES = {row["name"] for row in DECLARED}
SHIFTED = tuple(map(condition_of, SHIFTS))
CONDITIONS = (
    "clean",
    *SHIFTED,
    *ATTACKED,
    *(f"{attack.name}.white" for group in OPTIONAL for attack in attacks_in(group)),
)


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


EPS = [0.0, 0.1, 0.2, 0.4]


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
        **{f"curve.{attack}.wrong": rng.random((4, n)) < 0.5 for attack in WHITE_BOX},
        **{f"{shift}.apart": np.arange(n) % 2 == 0 for shift in SHIFTED},
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
    readings = read(with_eps(compact(random_outcomes(seed, n, classes, scale)), EPS))
    assert readings.keys() == {name for name in NAMES if classes > 5 or "top5" not in name}
    for name, reading in readings.items():
        low, high = BY_NAME[name].range
        slack = 1e-12
        for value in (reading.value, reading.low, reading.high):
            if value is not None:
                assert low - slack <= value <= (math.inf if high is None else high) + slack, name


@pytest.mark.parametrize(
    "prefix", ["fgsm.black", "ifgsm.black", "shift.twitter", "noise50", "between", "scaled", "fgsm.plain"]
)
def test_a_measure_without_its_outcomes_is_left_out(prefix):
    found = with_eps(random_outcomes(0, 40, 10, 1.0), EPS)
    without = read({name: values for name, values in found.items() if not name.startswith(f"{prefix}.")})
    left_out = {"scaled": {"calibration.ece_scaled"}, "fgsm.plain": {"diagnostics.fgsm_plain"}}
    expected = left_out.get(prefix, {name for name in NAMES if name.startswith(f"{prefix}.")})
    assert read(found).keys() - without.keys() == expected


@pytest.mark.parametrize(("eps", "there"), [([0.0, 0.1, 0.2], False), ([0.1, 0.2, 0.3, 0.4], False), (EPS, True)])
def test_an_area_needs_four_eps_and_0_among_them(eps, there):
    found = random_outcomes(0, 40, 10, 1.0)
    for attack in WHITE_BOX:
        found[f"curve.{attack}.wrong"] = found[f"curve.{attack}.wrong"][: len(eps)]
    assert ("fgsm.white.eps_area" in read(with_eps(found, eps))) is there
    assert "fgsm.white.eps_area" not in read(found)


def test_an_area_is_the_trapezoids_over_the_range():
    """Errors 0, 1/2, 1/2, 1 at 0, 1, 2, 4: areas 1/4, 1/2 and 3/2 of a range of 4. The order given says nothing."""
    wrong = np.array([[0, 0], [0, 1], [0, 1], [1, 1]], dtype=bool)
    for order in ([0, 1, 2, 3], [3, 0, 2, 1]):
        eps = np.array([0.0, 1.0, 2.0, 4.0])[order]
        reading = read({"curve.eps": eps, "curve.fgsm.white.wrong": wrong[order]})["fgsm.white.eps_area"]
        assert (reading.value, reading.n) == (pytest.approx(2.25 / 4), 2)


def test_the_worst_class_by_hand():
    """Class 0: 1 of 4 wrong, class 1: 2 of 3, class 2 has no examples."""
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    rank = np.array([1, 2, 1, 1, 3, 2, 1])
    reading = read({"labels": labels, "classes": np.array(3), "clean.rank": rank})["clean.worst_class_error"]
    assert (reading.value, reading.n) == (pytest.approx(2 / 3), 7)
    assert reading.low < reading.value < reading.high


def test_the_worst_class_is_resampled_by_examples():
    """As 4,000 resamples of the examples one by one."""
    rng = np.random.default_rng(0)
    labels, rank = rng.integers(5, size=250), 1 + (rng.random(250) < 0.3)
    worst = []
    for places in rng.integers(250, size=(4000, 250)):
        drawn = labels[places]
        worst.append(max((rank[places][drawn == label] > 1).mean() for label in np.unique(drawn)))
    reading = read({"labels": labels, "classes": np.array(5), "clean.rank": rank})["clean.worst_class_error"]
    low, high = np.percentile(worst, [2.5, 97.5])
    assert (reading.low, reading.high) == pytest.approx((low, high), abs=0.02)


def test_readings_are_in_the_tables_order():
    assert list(read(with_eps(random_outcomes(0, 40, 10, 1.0), EPS))) == [measure.name for measure in MEASURES]
