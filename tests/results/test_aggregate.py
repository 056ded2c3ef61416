"""Several seeds of one method: mean and Student-t interval against scipy."""

import numpy as np
import pytest
import scipy.stats

from mixbench.results import aggregate
from mixbench.results.readings import Reading
from mixbench.results.record import Record

NAMES = {"a": "clean.top1_error", "b": "calibration.nll"}


def record(**values: float) -> Record:
    readings = {NAMES[name]: Reading(value=v, n=360, low=v - 0.01, high=v + 0.02) for name, v in values.items()}
    return Record.model_construct(readings=readings)


@pytest.mark.parametrize("n", [3, 4, 10])
def test_from_three_seeds_the_interval_is_student_t(n):
    values = np.random.default_rng(n).normal(0.3, 0.02, n)
    found = aggregate.over_seeds([record(a=float(v)) for v in values], NAMES["a"])
    low, high = scipy.stats.t.interval(0.95, n - 1, values.mean(), scipy.stats.sem(values))
    assert found.n == n
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))


def test_three_seeds_by_hand():
    """4, 5, 6: mean 5, deviation 1, t(2) = 4.302653, so ± 4.302653/√3."""
    found = aggregate.over_seeds([record(b=v) for v in (4.0, 5.0, 6.0)], NAMES["b"])
    assert (found.low, found.high) == pytest.approx((5 - 2.484138, 5 + 2.484138), abs=1e-6)


def test_an_interval_ends_where_a_share_does():
    """0, 1 and 2 %: 1 % ± 2.48 points; mirrored, 99 % ± 2.48 points; a likelihood has no upper end."""
    for name, values, ends in (
        ("a", (0.0, 0.01, 0.02), (0.0, 0.03484138)),
        ("a", (1.0, 0.99, 0.98), (0.96515862, 1.0)),
        ("b", (0.0, 1.0, 2.0), (0.0, 3.484138)),
    ):
        found = aggregate.over_seeds([record(**{name: v}) for v in values], NAMES[name])
        assert (found.low, found.high) == pytest.approx(ends, abs=1e-6)


def test_two_seeds_have_no_interval():
    found = aggregate.over_seeds([record(a=0.1), record(a=0.3)], NAMES["a"])
    assert found == Reading(value=0.2, n=2, low=None, high=None)


def test_one_seed_keeps_its_own():
    only = record(a=0.1)
    assert aggregate.over_seeds([only], NAMES["a"]) == only.readings[NAMES["a"]]


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_a_measure_that_a_record_lacks_is_not_averaged(lacking):
    records = [record(b=0.1) if i == lacking else record(a=0.1, b=0.1) for i in range(3)]
    assert aggregate.over_seeds(records, NAMES["a"]) is None
    assert aggregate.over_seeds(records, NAMES["b"]).value == pytest.approx(0.1)


def test_no_record_has_no_reading():
    assert aggregate.over_seeds([], NAMES["a"]) is None


def test_seeds_that_agree_to_the_last_example_keep_an_examples_interval():
    found = aggregate.over_seeds([record(a=0.1)] * 3, NAMES["a"])
    assert found == Reading(value=0.1, n=3, low=0.1 - 0.01, high=0.1 + 0.02)
