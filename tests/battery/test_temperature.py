"""Temperature scaling against scipy, scikit-learn's logistic regression and models of known temperature."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from torch import Tensor, nn

from mixbench.battery.subject import Subject
from mixbench.battery.temperature import fit_temperature, halves, scaled_confidence

SUBJECT = Subject(nn.Identity())


def drawn(n: int, temperature: float, seed: int = 0, scale: float = 2.0) -> tuple[Tensor, Tensor]:
    """Logits, and labels drawn from their softmax at a temperature."""
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(scale=scale, size=(n, 5)))
    p = (logits / temperature).softmax(1).numpy()
    labels = (p.cumsum(1) < rng.random((n, 1)) * (1 - 1e-12)).sum(1)
    return logits, torch.from_numpy(labels)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature):
    logits, labels = drawn(40_000, temperature)
    assert fit_temperature(SUBJECT, logits, labels) == pytest.approx(temperature, rel=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_the_root_of_the_likelihoods_derivative(seed):
    """At the optimum the mean true logit equals the mean expected logit; NLL is convex in 1/T."""
    logits, labels = drawn(300, 2.0, seed)
    z, true = logits.numpy(), logits.gather(1, labels[:, None]).mean().item()

    def slope(beta: float) -> float:
        p = np.exp(beta * (z - z.max(1, keepdims=True)))
        return float(((p / p.sum(1, keepdims=True)) * z).sum(1).mean()) - true

    assert fit_temperature(SUBJECT, logits, labels) == pytest.approx(1 / brentq(slope, 0.01, 100), rel=1e-4)


def test_the_fit_is_a_logistic_regression_of_two_classes():
    from sklearn.linear_model import LogisticRegression

    logits, labels = drawn(500, 2.0, scale=1.0)
    logits, labels = logits[labels < 2][:, :2], labels[labels < 2]
    regression = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    slope = regression.fit((logits[:, 1] - logits[:, 0]).numpy()[:, None], labels.numpy()).coef_[0, 0]
    assert fit_temperature(SUBJECT, logits, labels) == pytest.approx(1 / slope, rel=1e-3)


def test_the_limits_hold():
    sure = torch.eye(4).double() * 0.01
    assert fit_temperature(SUBJECT, sure, torch.arange(4)) == pytest.approx(0.01, rel=1e-3)
    assert fit_temperature(SUBJECT, 100 * sure, (torch.arange(4) + 1) % 4) == pytest.approx(100, rel=1e-3)


def test_the_link_is_the_subjects():
    """Through a link that halves the logits itself, half the temperature does the same."""
    logits, labels = drawn(300, 2.0)
    halved = Subject(nn.Identity(), lambda z: (z / 2).log_softmax(1))
    expected = fit_temperature(SUBJECT, logits, labels) / 2
    assert fit_temperature(halved, logits, labels) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("n", [2, 7, 360])
def test_halves_are_disjoint_and_deterministic(n):
    half = halves(n, "some")
    assert half.sum() == n // 2
    assert np.array_equal(half, halves(n, "some"))


def test_halves_differ_between_data_sets_and_are_not_in_order():
    half = halves(360, "some")
    assert not np.array_equal(half, halves(360, "other"))
    assert 40 < half[:180].sum() < 140


def test_each_half_is_scaled_by_the_others_temperature():
    """The first half is over-confident by 3, the second under-confident by 2; so each is scaled by the wrong one."""
    n = 4000
    half = halves(n, "some")
    logits, labels = torch.empty(n, 5, dtype=torch.float64), torch.empty(n, dtype=torch.int64)
    for side, temperature in ((False, 3.0), (True, 0.5)):
        logits[half == side], labels[half == side] = drawn(n // 2, temperature)
    outcomes = scaled_confidence(SUBJECT, logits, labels, "some")
    assert np.array_equal(outcomes["scaled.half"], half)
    for side in (False, True):
        other = fit_temperature(SUBJECT, logits[half != side], labels[half != side])
        assert other == pytest.approx(0.5 if side is False else 3.0, rel=0.15)
        expected = (logits[half == side] / other).softmax(1).max(1).values.numpy()
        np.testing.assert_allclose(outcomes["scaled.confidence"][half == side], expected, rtol=1e-9)
