"""RandAugment's scale of 10: its code's arguments by definition, timm's beside it, and its operations against PIL."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from scipy import stats
from timm.data import auto_augment as timms

from mixbench.augment.methods.randaugment import RandAugment
from mixbench.augment.tools import operations, scale

SIDES = [8, 28, 32, 224]
MAGNITUDES = [0, 3, 5, 9, 10, 17, 30]
ENHANCERS = ("Color", "Contrast", "Brightness", "Sharpness")


def authors(level, side):
    """tensorflow/tpu, efficientnet/autoaugment.py, level_to_arg, in its own units; pixels are shares of 224."""
    share = level / 10
    return {
        "Rotate": share * 30,
        "ShearX": share * 0.3,
        "ShearY": share * 0.3,
        "TranslateX": share * 100 * side / 224,
        "TranslateY": share * 100 * side / 224,
        **dict.fromkeys(ENHANCERS, share * 1.8 + 0.1),
        "Posterize": int(share * 4),
        "Solarize": int(share * 256),
        "SolarizeAdd": int(share * 110),
    }


def ours(level, side):
    """Our strengths in the authors' units: enhancements are factors."""
    made = {name: scale.strength_of(name, level / 10, (side, side)) for name in authors(level, side)}
    return made | {name: 1 + made[name] for name in ENHANCERS}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("level", MAGNITUDES)
def test_strengths_are_the_authors(level, side):
    expected = authors(level, side)
    for name, strength in ours(level, side).items():
        # Whole pixels are moved, and there are 8 bits to keep.
        near = 0.5 if name.startswith("Translate") else 1e-9
        assert strength == pytest.approx(min(expected[name], 8) if name == "Posterize" else expected[name], abs=near)


def test_the_figures_of_magnitude_9():
    strengths = ours(9, 224)
    expected = {"Rotate": 27, "ShearX": 0.27, "Color": 1.72, "Posterize": 3, "Solarize": 230, "TranslateX": 90}
    assert {name: strengths[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("level", [level for level in MAGNITUDES if level <= 10])
def test_timm_has_the_same_scale(level, monkeypatch):
    monkeypatch.setattr(timms, "_randomly_negate", lambda value: value)
    for name, strength in ours(level, 224).items():
        (theirs,) = timms.LEVEL_TO_ARG[name](level, {"translate_const": 100})
        assert strength == pytest.approx(theirs), name


def test_the_authors_sixteen():
    missing = {"Cutout", *(name for name in scale.NAMES if name not in timms.LEVEL_TO_ARG)}
    assert missing == {"Cutout"}
    assert len(set(scale.NAMES)) == 16
    assert "Identity" not in scale.NAMES


@pytest.mark.parametrize("name", scale.NAMES)
def test_only_geometric_operations_go_both_ways(name):
    rng = np.random.default_rng(0)
    drawn = [scale.draw(name, 9, (224, 224), rng)[1] for _ in range(400)]
    if name in scale.GEOMETRIC:
        assert stats.binomtest(sum(strength > 0 for strength in drawn), 400, 0.5).pvalue > 1e-6
    elif name != "Cutout":
        assert len(set(drawn)) == 1


@pytest.mark.parametrize("side", SIDES)
def test_holes_follow_the_authors_law(side):
    """Centre anywhere, 36 of 224 pixels to each side at magnitude 9, clipped; 4,000 holes against all centres."""
    rng, half = np.random.default_rng(0), int(36 * side / 224)
    boxes = np.array([scale.draw("Cutout", 9, (side, side), rng)[1] for _ in range(4000)])
    lengths = [min(centre + half, side) - max(centre - half, 0) for centre in range(side)]
    areas = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    assert np.mean(areas) / side**2 == pytest.approx(np.mean(lengths) ** 2 / side**2, abs=0.003)
    assert (boxes[:, 1] - boxes[:, 0]).max() == 2 * half


def moved(image, *coefficients):
    return image.transform(image.size, Image.Transform.AFFINE, coefficients, fillcolor=grey(image))


def grey(image):
    return 128 if image.mode == "L" else (128, 128, 128)


BY_PIL = {
    "AutoContrast": lambda image, _: ImageOps.autocontrast(image),
    "Equalize": lambda image, _: ImageOps.equalize(image),
    "Invert": lambda image, _: ImageOps.invert(image),
    "Rotate": lambda image, degrees: image.rotate(degrees, fillcolor=grey(image)),
    "Posterize": lambda image, bits: ImageOps.posterize(image, bits),
    "Solarize": lambda image, threshold: ImageOps.solarize(image, threshold),
    "SolarizeAdd": lambda image, addition: timms.solarize_add(image, addition),
    **{name: lambda image, v, name=name: getattr(ImageEnhance, name)(image).enhance(1 + v) for name in ENHANCERS},
    "ShearX": lambda image, slope: moved(image, 1, slope, 0, 0, 1, 0),
    "ShearY": lambda image, slope: moved(image, 1, 0, 0, slope, 1, 0),
    "TranslateX": lambda image, distance: moved(image, 1, 0, -distance, 0, 1, 0),
    "TranslateY": lambda image, distance: moved(image, 1, 0, 0, 0, 1, -distance),
}


def photographs(n, channels, size):
    coarse = torch.rand(n, channels, 6, 6, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(coarse, size, mode="bicubic").clamp(0, 1)
    return (smooth * 200 + 30).round() / 255


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", BY_PIL)
def test_operations_are_pils_with_grey_fill(name, channels):
    for level in (3, 9, 10):
        rng = np.random.default_rng(level)
        image = photographs(1, channels, (40, 36))
        operation = scale.draw(name, level, (40, 36), rng)
        changed = operations.run(image, [[operation]], scale.FILL)[0]
        picture = Image.fromarray((image[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy().squeeze())
        expected = torch.from_numpy(np.array(BY_PIL[name](picture, operation[1]))).reshape(40, 36, channels)
        far = ((changed * 255).round() - expected.permute(2, 0, 1)).abs() > 1.5
        # Nearest neighbours of places halfway between two pixels may be either.
        assert float(far.float().mean()) <= (0.03 if name in ("Rotate", "ShearX", "ShearY") else 0), (name, level)


def test_what_is_left_empty_and_cut_out_is_grey():
    images = torch.ones(2, 3, 20, 20)
    steps = [[("TranslateX", 5), ("Cutout", (2, 8, 3, 13))]]
    changed = (operations.run(images, steps, scale.FILL) * 255).round()
    assert (changed[0, :, :, :5] == 128).all()
    assert (changed[1, :, 2:8, 3:13] == 128).all()
    assert int((changed == 255).sum()) == 3 * (20 * 15 + 400 - 60)


def test_the_method_runs_the_scale(monkeypatch):
    seen = []
    monkeypatch.setattr(operations, "run", lambda images, steps, fill: seen.extend([*steps, fill]) or images)
    RandAugment(magnitude=9).mix(torch.zeros(3000, 1, 32, 32), torch.ones(3000, 1), np.random.default_rng(0))
    first, second, fill = seen
    assert fill == 128
    for name in BY_PIL:
        strengths = {abs(v) if name in scale.GEOMETRIC else v for n, v in first + second if n == name}
        assert strengths == {scale.strength_of(name, 0.9, (32, 32))}
