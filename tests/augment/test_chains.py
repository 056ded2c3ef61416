"""AugMix's operations against PIL, which its authors' code uses."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from scipy.stats import kstest

from mixbench.augment.tools import chains

SIDES = 30, 24  # height, width
LEVELS = np.array([0.05, 0.17, 0.3, 0.3, 0.23, 0.9])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def _affine(*coefficients):
    return lambda image: image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)


def _move(side, level, sign):
    return int(side / 3 * level) * sign


BY_PIL = {
    "autocontrast": lambda level, sign: ImageOps.autocontrast,
    "equalize": lambda level, sign: ImageOps.equalize,
    "posterize": lambda level, sign: lambda image: ImageOps.posterize(image, 4 - int(4 * level)),
    "rotate": lambda level, sign: lambda image: image.rotate(int(30 * level) * sign, Image.Resampling.BILINEAR),
    "solarize": lambda level, sign: lambda image: ImageOps.solarize(image, 256 - int(256 * level)),
    "shear_x": lambda level, sign: _affine(1, 0.3 * level * sign, 0, 0, 1, 0),
    "shear_y": lambda level, sign: _affine(1, 0, 0, 0.3 * level * sign, 1, 0),
    "translate_x": lambda level, sign: _affine(1, 0, _move(SIDES[1], level, sign), 0, 1, 0),
    "translate_y": lambda level, sign: _affine(1, 0, 0, 0, 1, _move(SIDES[0], level, sign)),
}


def photographs(n, channels):
    """Smooth random images of 8 bits (N, C, H, W), as bilinear methods need."""
    coarse = torch.rand(n, channels, 6, 6, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(coarse, SIDES, mode="bicubic").clamp(0, 1)
    return (smooth * 200 + 30).round() / 255


def by_pil(image, operation):
    pixels = (image * 255).round().to(torch.uint8)
    picture = Image.fromarray(pixels.permute(1, 2, 0).numpy().squeeze())
    changed = torch.from_numpy(np.array(operation(picture)))
    return (changed if changed.ndim == 3 else changed[..., None]).permute(2, 0, 1) / 255


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", chains.OPERATIONS)
def test_equals_pil(name, channels):
    images = photographs(len(LEVELS), channels)
    changed = chains.OPERATIONS[name](images, LEVELS, SIGNS)
    for image, result, level, sign in zip(images, changed, LEVELS, SIGNS, strict=True):
        expected = by_pil(image, BY_PIL[name](level, sign))
        # PIL keeps 8 bits, and cuts where bilinear resampling blends the image's border into black.
        far = (result - expected).abs() > 2.5 / 255
        assert float(far.float().mean()) < (0.08 if name.startswith(("rotate", "shear")) else 1e-9)
        assert not far[:, 12:18, 10:14].any()
    assert set(BY_PIL) == set(chains.OPERATIONS)


def test_one_to_three_operations_with_equal_chances(monkeypatch):
    monkeypatch.setattr(chains, "OPERATIONS", {"count": lambda images, levels, signs: images + 1})
    counts = chains.chained(torch.zeros(9000, 1, 1, 1), 3.0, np.random.default_rng(0)).flatten().int().bincount()
    # 3,000 expected, standard deviation 45: within 2,700 to 3,300 but for one in 10^10.
    assert counts[0] == 0
    assert all(2700 < int(count) < 3300 for count in counts[1:])


def test_operations_levels_and_signs_are_drawn_for_each_image(monkeypatch):
    seen = {name: [] for name in chains.OPERATIONS}

    def recorder(name):
        return lambda images, levels, signs: seen[name].append((levels, signs)) or images

    monkeypatch.setattr(chains, "OPERATIONS", {name: recorder(name) for name in seen})
    chains.chained(torch.zeros(9000, 1, 1, 1), 3.0, np.random.default_rng(0))
    for calls in seen.values():
        levels, signs = (np.concatenate(part) for part in zip(*calls, strict=True))
        # 18,000 operations on average over 9 names: 2,000 each, standard deviation below 50.
        assert 1700 < len(levels) < 2300
        assert kstest(levels, "uniform", (0.01, 0.29)).pvalue > 1e-6
        assert abs(signs.sum()) < 6 * len(signs) ** 0.5
        assert set(signs) == {-1, 1}


def test_the_input_is_left_alone():
    images = photographs(8, 3)
    kept = images.clone()
    assert not torch.equal(chains.chained(images, 10.0, np.random.default_rng(0)), kept)
    assert torch.equal(images, kept)
