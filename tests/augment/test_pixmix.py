"""PixMix: both ways of mixing by hand, the weights' law, the distortions against Pillow, and the pictures."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from scipy import stats

from mixbench.augment.methods.pixmix import PixMix, _combine
from mixbench.augment.tools import distortions
from mixbench.augment.tools.pictures import pictures
from mixbench.testing import example_batch

SIDE = 24
AFFINE = {
    "rotate": lambda image, level: image.rotate(int(level * 30), resample=Image.Resampling.BILINEAR),
    "shear_x": lambda image, level: moved(image, (1, 0.3 * level, 0, 0, 1, 0)),
    "shear_y": lambda image, level: moved(image, (1, 0, 0, 0.3 * level, 1, 0)),
    "translate_x": lambda image, level: moved(image, (1, 0, int(level * SIDE / 3), 0, 1, 0)),
    "translate_y": lambda image, level: moved(image, (1, 0, 0, 0, 1, int(level * SIDE / 3))),
}
VALUES = {
    "autocontrast": lambda image, level: ImageOps.autocontrast(image),
    "equalize": lambda image, level: ImageOps.equalize(image),
    "posterize": lambda image, level: ImageOps.posterize(image, 4 - int(level * 4)),
    "solarize": lambda image, level: ImageOps.solarize(image, 256 - int(level * 256)),
}
LEVELS = np.array([0.02, 0.1, 0.29, 0.8])


def moved(image, coefficients):
    return image.transform(image.size, Image.Transform.AFFINE, coefficients, resample=Image.Resampling.BILINEAR)


def batch():
    rng = np.random.default_rng(0)
    across, down = np.linspace(0, 6, SIDE)[:, None], np.linspace(0, 5, SIDE)[:, None, None]
    waves = np.sin(across * rng.uniform(0.5, 2, (4, 1, 1, 3)) + down)
    return np.rint((waves * 0.4 + 0.5 + rng.uniform(0, 0.05, waves.shape)) * 255).clip(0, 255).astype(np.uint8)


def tensor(pixels):
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255


def by_pillow(operation, levels):
    return np.stack([np.asarray(operation(Image.fromarray(p), v)) for p, v in zip(batch(), levels, strict=True)])


@pytest.mark.parametrize("name", VALUES)
def test_value_operations_are_pillows(name):
    ours = getattr(distortions, name)(tensor(batch()), LEVELS)
    difference = (ours - tensor(by_pillow(VALUES[name], LEVELS))).abs() * 255
    # Pillow truncates where it stretches.
    assert float(difference.max()) < (1.01 if name == "autocontrast" else 0.01)
    assert not torch.equal(ours, tensor(batch()))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", AFFINE)
def test_affine_operations_are_pillows(name, sign):
    ours = getattr(distortions, name)(tensor(batch()), sign * LEVELS)
    theirs = tensor(by_pillow(AFFINE[name], sign * LEVELS))
    # Along the image's edge Pillow repeats pixels, where bilinear lookup fades to black.
    edge = torch.nn.functional.max_pool2d((theirs == 0).float(), 5, 1, 2).bool()
    edge[:, :, [0, -1]] = edge[:, :, :, [0, -1]] = True
    difference = ((ours - theirs).abs() * 255)[~edge]
    assert (~edge).float().mean() > 0.4
    assert float(difference.max()) < 1.5


def test_distort_draws_every_operation_and_leaves_its_input():
    images = tensor(np.repeat(batch()[:1], 300, axis=0))
    kept = images.clone()
    distorted = distortions.distort(images, 10.0, np.random.default_rng(0))
    assert torch.equal(images, kept)
    names = [operation.__name__ for operation in distortions.OPERATIONS]
    assert sorted(names) == sorted([*VALUES, *AFFINE])
    assert len(distorted.flatten(1).unique(dim=0)) > 40


@pytest.mark.parametrize(("a", "b"), [(0.7, 0.2), (1.3, -0.4), (0.05, 0.9)])
def test_combines_by_the_papers_formulas(a, b):
    first, second = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9))
    added = ((a * (2 * first - 1) + b * (2 * second - 1)) + 1) / 2
    multiplied = (2 * first) ** a * np.clip(2 * second, 1e-37, None) ** b / 2
    images = [torch.from_numpy(np.stack([values, values])[:, None]).double() for values in (first, second)]
    weights = [torch.full((2, 1, 1, 1), value, dtype=torch.float64) for value in (a, b)]
    combined = _combine(*images, *weights, torch.tensor([True, False]).reshape(2, 1, 1, 1))
    np.testing.assert_allclose(combined[:, 0], np.clip([added, multiplied], 0, 1), atol=1e-9)


def test_weights_follow_the_papers_law():
    a, b = PixMix(beta=3.0)._weights(8000, np.random.default_rng(0))
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
    assert made.shape == (128, channels, 16, 20)
    assert made.dtype == np.uint8
    assert len(np.unique(made.reshape(128, -1), axis=0)) == 128
    assert made.reshape(128, -1).std(axis=1).min() > 10
    rough = np.abs(np.diff(made.astype(int), axis=3)).mean()
    shuffled = np.random.default_rng(0).permuted(made.reshape(128, channels, -1), axis=2).reshape(made.shape)
    assert rough < 0.8 * np.abs(np.diff(shuffled.astype(int), axis=3)).mean()


def test_pictures_do_not_change_between_versions_by_accident():
    pictures.cache_clear()
    first = pictures("noise", 1, (8, 8)).copy()
    pictures.cache_clear()
    assert np.array_equal(first, pictures("noise", 1, (8, 8)))
