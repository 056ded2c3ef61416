"""PixMix: both ways of mixing by hand, the weights' law, and the pictures."""

import numpy as np
import pytest
import torch
from scipy import stats

from mixbench.augment.methods.pixmix import PixMix
from mixbench.augment.tools import distortions
from mixbench.augment.tools import pictures as home
from mixbench.augment.tools.blending import blend_weights, blended
from mixbench.augment.tools.pictures import draw_pictures, pictures
from mixbench.testing import example_batch


@pytest.mark.parametrize(("a", "b"), [(0.7, 0.2), (1.3, -0.4), (0.05, 0.9)])
def test_combines_by_the_papers_formulas(a, b):
    first, second = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9))
    added = ((a * (2 * first - 1) + b * (2 * second - 1)) + 1) / 2
    multiplied = (2 * first) ** a * np.clip(2 * second, 1e-37, None) ** b / 2
    images = [torch.from_numpy(np.stack([values, values])[:, None]).double() for values in (first, second)]
    weights = [torch.full((2, 1, 1, 1), value, dtype=torch.float64) for value in (a, b)]
    combined = blended(*images, *weights, torch.tensor([True, False]).reshape(2, 1, 1, 1))
    np.testing.assert_allclose(combined[:, 0], np.clip([added, multiplied], 0, 1), atol=1e-9)


def test_weights_follow_the_papers_law():
    a, b = blend_weights(3.0, 8000, np.random.default_rng(0))
    within = b > 0
    assert stats.binomtest(int(within.sum()), 8000, 0.5).pvalue > 1e-6
    samples = [(a[within], (3, 1)), (b[within], (1, 3)), (a[~within] - 1, (1, 3)), (-b[~within], (1, 3))]
    for sample, parameters in samples:
        assert stats.kstest(sample, stats.beta(*parameters).cdf).pvalue > 1e-6


def test_values_stay_numbers_at_black_and_white():
    images = torch.zeros(64, 3, 8, 8)
    images[::2] = 1
    mixed, _ = PixMix(k=10, beta=0.1).mix(images, torch.ones(64, 1), np.random.default_rng(0))
    assert mixed.isfinite().all()
    assert ((mixed >= 0) & (mixed <= 1)).all()


def test_some_images_are_left_alone_and_targets_always():
    images, targets, _ = example_batch(8, 3, (9, 14), 0)
    images, targets = images.repeat(250, 1, 1, 1), targets.repeat(250, 1)
    mixed, same = PixMix().mix(images, targets, np.random.default_rng(0))
    untouched = int((mixed == images).flatten(1).all(1).sum())
    assert same is targets
    # No round (one in five) and no distortion (one in two); a few distortions change nothing.
    assert 0.06 < untouched / 2000 < 0.2


@pytest.mark.parametrize("kind", ["fractal", "noise"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_many_and_have_structure(kind, channels):
    made = pictures(kind, channels, (16, 20))
    assert made.shape == (1024, channels, 18, 23)
    assert made.dtype == np.uint8
    assert len(np.unique(made.reshape(1024, -1), axis=0)) == 1024
    assert made.reshape(1024, -1).std(axis=1).min() > 5
    rough = np.abs(np.diff(made.astype(int), axis=3)).mean()
    shuffled = np.random.default_rng(0).permuted(made.reshape(1024, channels, -1), axis=2).reshape(made.shape)
    assert rough < 0.8 * np.abs(np.diff(shuffled.astype(int), axis=3)).mean()


def test_pictures_do_not_change_between_versions_by_accident():
    pictures.cache_clear()
    first = pictures("noise", 1, (8, 8)).copy()
    pictures.cache_clear()
    assert np.array_equal(first, pictures("noise", 1, (8, 8)))


@pytest.mark.parametrize("side", [8, 28, 32])
def test_pictures_are_cropped_at_random_at_every_draw(side):
    """Each crop is found where it lies in its picture; pictures and places are uniform."""
    images = torch.zeros(4000, 1, side, side)
    drawn = (draw_pictures("noise", images, np.random.default_rng(0)) * 255).round().to(torch.uint8).numpy()
    pool = pictures("noise", 1, (side, side))
    corners = pool.shape[2] - side + 1
    assert corners == {8: 2, 28: 5, 32: 5}[side]
    crops = {
        pool[which, 0, top : top + side, left : left + side].tobytes(): (which, top, left)
        for which, top, left in np.ndindex(len(pool), corners, corners)
    }
    found = np.array([crops[crop.tobytes()] for crop in drawn])
    found[:, 0] //= 32
    for places, high in zip(found.T, (32, corners, corners), strict=True):
        assert stats.chisquare(np.bincount(places, minlength=high)).pvalue > 1e-6


@pytest.mark.parametrize(("side", "large"), [(8, 9), (28, 32), (32, 36), (224, 252)])
def test_pictures_have_nine_eighths_of_the_side(side, large, monkeypatch):
    monkeypatch.setattr(home, "COUNT", 3)
    pictures.cache_clear()
    assert pictures("fractal", 1, (side, side)).shape == (3, 1, large, large)
    pictures.cache_clear()


def test_distorts_by_all_thirteen_operations(monkeypatch):
    seen = []
    monkeypatch.setattr(distortions, "distort", lambda images, severity, rng, names: seen.append(names) or images)
    PixMix().mix(torch.rand(8, 3, 8, 8), torch.ones(8, 1), np.random.default_rng(0))
    assert seen
    assert all(names == distortions.THIRTEEN for names in seen)
