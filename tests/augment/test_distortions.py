"""The operations of AugMix, PixMix and IPMix against PIL, which their authors' code uses, and the chains' laws."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from scipy.stats import kstest

from mixbench.augment.tools import chains, distortions
from mixbench.augment.tools.distortions import NINE, OPERATIONS, SIGNED, THIRTEEN, distort

SIDES = 30, 24  # height, width
LEVELS = np.array([0.05, 0.17, 0.3, 0.3, 0.23, 0.9])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def _affine(*coefficients):
    return lambda image: image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)


def _move(side, level):
    return int(side / 3 * level)


def _enhanced(enhancer):
    return lambda level: lambda image: enhancer(image).enhance(0.1 + 1.8 * level)


BY_PIL = {
    "autocontrast": lambda level: ImageOps.autocontrast,
    "equalize": lambda level: ImageOps.equalize,
    "posterize": lambda level: lambda image: ImageOps.posterize(image, 4 - int(4 * level)),
    "rotate": lambda level: lambda image: image.rotate(int(30 * level), Image.Resampling.BILINEAR),
    "solarize": lambda level: lambda image: ImageOps.solarize(image, 256 - int(256 * level)),
    "shear_x": lambda level: _affine(1, 0.3 * level, 0, 0, 1, 0),
    "shear_y": lambda level: _affine(1, 0, 0, 0.3 * level, 1, 0),
    "translate_x": lambda level: _affine(1, 0, _move(SIDES[1], level), 0, 1, 0),
    "translate_y": lambda level: _affine(1, 0, 0, 0, 1, _move(SIDES[0], level)),
    "color": _enhanced(ImageEnhance.Color),
    "contrast": _enhanced(ImageEnhance.Contrast),
    "brightness": _enhanced(ImageEnhance.Brightness),
    "sharpness": _enhanced(ImageEnhance.Sharpness),
    "mirror": lambda level: ImageOps.mirror,
    "invert": lambda level: ImageOps.invert,
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
@pytest.mark.parametrize("name", OPERATIONS)
def test_equals_pil(name, channels):
    images = photographs(len(LEVELS), channels)
    levels = LEVELS * SIGNS if name in SIGNED else LEVELS
    changed = OPERATIONS[name](images, levels)
    for image, result, level in zip(images, changed, levels, strict=True):
        expected = by_pil(image, BY_PIL[name](level))
        # PIL keeps 8 bits, and cuts where bilinear resampling blends the image's border into black.
        far = (result - expected).abs() > 2.5 / 255
        assert float(far.float().mean()) < (0.08 if name.startswith(("rotate", "shear")) else 1e-9)
        assert not far[:, 12:18, 10:14].any()
    assert torch.equal(changed, images) == (name == "color" and channels == 1)
    assert set(BY_PIL) == set(OPERATIONS)


def test_the_papers_lists():
    """AugMix's nine; its four more, which PixMix's recipes add."""
    colours = ["brightness", "color", "contrast", "sharpness"]
    assert sorted(NINE) == sorted(set(BY_PIL) - {*colours, "mirror", "invert"})
    assert sorted(THIRTEEN) == sorted([*NINE, *colours])


@pytest.mark.parametrize("depth", [3, 5])
def test_one_to_depth_operations_with_equal_chances(monkeypatch, depth):
    monkeypatch.setattr(distortions, "OPERATIONS", {"count": lambda images, levels: images + 1})
    images, rng = torch.zeros(3000 * depth, 1, 1, 1), np.random.default_rng(0)
    counts = chains.chained(images, rng, depth=depth, names=["count"]).flatten().int().bincount()
    # 3,000 expected, standard deviation below 49: within 2,700 to 3,300 but for one in 10^9.
    assert counts[0] == 0
    assert len(counts) == depth + 1
    assert all(2700 < int(count) < 3300 for count in counts[1:])


def recorded(monkeypatch):
    seen = {name: [] for name in OPERATIONS}

    def recorder(name):
        return lambda images, levels: seen[name].append(levels) or images

    monkeypatch.setattr(distortions, "OPERATIONS", {name: recorder(name) for name in seen})
    return seen


@pytest.mark.parametrize("names", [NINE, THIRTEEN, ("mirror", "rotate")])
def test_operations_levels_and_signs_are_drawn_for_each_image(monkeypatch, names):
    seen = recorded(monkeypatch)
    distort(torch.zeros(2000 * len(names), 1, 1, 1), 3.0, np.random.default_rng(0), names)
    assert {name for name, calls in seen.items() if calls} == set(names)
    for name in names:
        (levels,) = seen[name]
        # 2,000 of each, standard deviation below 45.
        assert 1700 < len(levels) < 2300
        assert kstest(np.abs(levels), "uniform", (0.01, 0.29)).pvalue > 1e-6
        signs = np.sign(levels)
        assert set(signs) == ({-1, 1} if name in SIGNED else {1})
        assert name not in SIGNED or abs(signs.sum()) < 6 * len(signs) ** 0.5


def test_what_is_not_chosen_stays_and_the_input_is_left_alone():
    images = photographs(8, 3)
    kept = images.clone()
    chosen = np.arange(8) % 2 == 0
    changed = distort(images, 10.0, np.random.default_rng(0), ["invert"], chosen)
    assert torch.equal(images, kept)
    assert torch.equal(changed[1::2], images[1::2])
    torch.testing.assert_close(changed[::2], 1 - images[::2])
    assert not torch.equal(chains.chained(images, np.random.default_rng(0), severity=10.0), kept)
    assert torch.equal(images, kept)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8)])
def test_small_images_of_any_channels_stay_images(size):
    images = torch.rand(60, 5, *size, generator=torch.Generator().manual_seed(0))
    names = [name for name in OPERATIONS if name not in ("autocontrast", "equalize")]
    changed = distort(images, 10.0, np.random.default_rng(0), names)
    assert changed.shape == images.shape
    assert ((changed >= 0) & (changed <= 1)).all()
