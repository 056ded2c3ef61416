"""SmoothECE against relplot, ECE without its bias against the law it is drawn from, influences against differences."""

import warnings

import numpy as np
import pytest
from scipy.stats import norm

from mixbench.results.calibration import BINS, ece_mass, equal_mass_bins
from mixbench.results.smooth import debiased_ece, smooth_ece

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import relplot


def drawn(seed: int, n: int, bend: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Top confidences of a model that is right with probability confidence ** bend."""
    rng = np.random.default_rng(seed)
    sure = 0.1 + 0.9 * rng.beta(4, 1.5, n)
    return sure, rng.random(n) < sure**bend


@pytest.mark.parametrize("n", [300, 3000])
@pytest.mark.parametrize("bend", [0.5, 1.0, 2.0, 6.0])
def test_smooth_ece_is_relplots(n, bend, monkeypatch):
    """relplot bisects the width to a thousandth; its smoothing is on another grid."""
    monkeypatch.setattr(relplot.config, "use_logit_scaling", False)
    sure, right = drawn(1, n, bend)
    assert smooth_ece(sure, right).mean() == pytest.approx(relplot.smECE(sure, right.astype(float)), abs=1.5e-3)


def test_smooth_ece_is_the_definition_by_reflections():
    """The kernel summed over mirror images, at the width that equals the value."""
    sure, right = drawn(2, 150, 3.0)
    value = smooth_ece(sure, right).mean()
    grid = (np.arange(2000) + 0.5) / 2000
    images = np.concatenate([2 * turn + sign * sure for turn in range(-2, 3) for sign in (1, -1)])
    kernel = norm.pdf(grid[:, None], images, value).reshape(len(grid), -1, len(sure)).sum(axis=1)
    assert np.abs(kernel @ (right - sure) / len(sure)).mean() == pytest.approx(value, abs=1e-4)


def test_influences_on_smooth_ece_are_what_one_example_more_changes():
    """The derivative by an example's weight, had by taking all examples 400 times and one of them 40 times more."""
    sure, right = drawn(3, 60, 2.5)
    each = smooth_ece(sure, right)
    for place in (0, 7, 31):
        times = np.where(np.arange(60) == place, 440, 400)
        more = smooth_ece(np.repeat(sure, times), np.repeat(right, times)).mean()
        change = (more - each.mean()) * times.sum() / 40
        assert each[place] - each.mean() == pytest.approx(change, abs=0.05 * np.abs(each - each.mean()).max())


def test_perfect_and_certain_models_have_none():
    sure, right = np.ones(50), np.ones(50, dtype=bool)
    assert smooth_ece(sure, right).mean() == debiased_ece(sure, right).mean() == 0.0
    assert smooth_ece(sure, ~right).mean() == pytest.approx(1.0, abs=1e-3)
    assert debiased_ece(sure, ~right).mean() == pytest.approx(1.0)


def test_the_bias_that_is_taken_off_is_that_of_drawn_accuracies():
    """The plug-in value less what 20,000 normal draws of each bin's accuracy add to it on average."""
    sure, right = drawn(4, 450, 1.3)
    plain = float(ece_mass(sure, right, np.arange(450)[None])[0])
    bins, rng, added = equal_mass_bins(sure), np.random.default_rng(0), 0.0
    for place in range(BINS):
        here = bins == place
        accuracy, confidence = right[here].mean(), sure[here].mean()
        accuracies = rng.normal(accuracy, np.sqrt(accuracy * (1 - accuracy) / here.sum()), 20_000)
        added += here.mean() * (np.abs(confidence - accuracies).mean() - abs(confidence - accuracy))
    assert debiased_ece(sure, right).mean() == pytest.approx(plain - added, abs=5e-4)
    assert added > 0.005


def test_of_a_calibrated_model_a_good_part_of_what_sampling_adds_is_gone():
    made = [drawn(seed, 300) for seed in range(300)]
    debiased = np.mean([debiased_ece(*each).mean() for each in made])
    plain = np.mean([ece_mass(*each, np.arange(300)[None])[0] for each in made])
    assert 0 < debiased < 0.65 * plain


@pytest.mark.parametrize(("function", "bend"), [(smooth_ece, 3.0), (debiased_ece, 3.0)])
def test_the_standard_error_of_influences_is_that_of_new_samples(function, bend):
    made = [function(*drawn(seed, 500, bend)) for seed in range(300)]
    told = np.sqrt(np.mean([each.var(ddof=1) for each in made]) / 500)
    assert told == pytest.approx(np.std([each.mean() for each in made]), rel=0.15)
