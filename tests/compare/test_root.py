"""Roots, as scipy finds them."""

import math

import pytest
from scipy.optimize import brentq

from mixbench.compare.root import root


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (lambda x: math.cos(x) - x, 0.0, 8.0),
        (lambda x: x**3 - 2, 0.0, 10.0),
        (lambda x: math.atan(x - 3), -100.0, 100.0),
        (lambda x: 1e-3 - math.exp(-x), 0.0, 100.0),
        (lambda x: 5.0 - x, 0.0, 10.0),
        (lambda x: -1.0 if x < 1 else 1.0, 0.0, 10.0),
    ],
)
def test_as_scipy_in_few_looks(function, low, high):
    looks = []
    found = root(lambda x: (looks.append(x), function(x))[1], low, high)
    assert found == pytest.approx(brentq(function, low, high, xtol=1e-12), abs=2e-9)
    assert len(looks) < 60


def test_a_flat_one_is_halved():
    assert root(lambda x: (x - 1) ** 9, -3.0, 8.0) == pytest.approx(1.0, abs=1e-3)


def test_an_end_may_be_the_root():
    assert root(lambda x: x, 0.0, 3.0) == pytest.approx(0.0, abs=1e-9)
