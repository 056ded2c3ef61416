import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import AutoAugment, RandAugment, TrivialAugmentWide
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.trivialaugment import WIDE
from mixbench.augment.tools import scale
from mixbench.augment.tools.operations import OPERATIONS, run
from mixbench.augment.tools.policy import NAMES, SIGNED, Ranges, with_sign
from mixbench.spec.errors import MixBenchError

SIZES = [(8, 8), (9, 14), (32, 32), (331, 224)]
SPACES = [
    (Ranges(), 31, RandAugment._AUGMENTATION_SPACE),
    (Ranges(), 10, AutoAugment._AUGMENTATION_SPACE),
    (WIDE, 31, TrivialAugmentWide._AUGMENTATION_SPACE),
]


@pytest.mark.parametrize(("ranges", "bins", "space"), SPACES, ids=["randaugment", "autoaugment", "trivialaugment"])
@pytest.mark.parametrize("size", SIZES)
def test_magnitudes_equal_torchvision(ranges, bins, space, size):
    for name, (by_torchvision, signed) in space.items():
        expected = by_torchvision(bins, *size)
        white = 255 if name == "Solarize" else 1
        for place in range(bins):
            there = 0.0 if expected is None else float(expected[place]) * white
            assert ranges.magnitude(name, place, bins, size) == pytest.approx(there, abs=1e-4), (name, place)
        assert (name in SIGNED) == signed


def test_the_names_are_torchvision_s():
    assert list(RandAugment._AUGMENTATION_SPACE) == list(NAMES) == list(TrivialAugmentWide._AUGMENTATION_SPACE)
    assert {*NAMES, "Invert"} == {*NAMES, *AutoAugment._AUGMENTATION_SPACE}
    assert set(OPERATIONS) == {*NAMES, *scale.NAMES}


def test_signs_are_fair_and_only_where_there_is_one():
    rng = np.random.default_rng(0)
    drawn = [with_sign("Rotate", 9.0, rng) for _ in range(1000)]
    # 1,000 fair coins lie within 420 to 580 but for three in 10^7.
    assert 420 < drawn.count(("Rotate", -9.0)) == 1000 - drawn.count(("Rotate", 9.0)) < 580
    assert {with_sign("Solarize", 9.0, rng) for _ in range(100)} == {("Solarize", 9.0)}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_of_operations_equals_torchvision_image_by_image(channels):
    """Every operation, at both signs, with several images in a group: none sees its neighbours."""
    rng = np.random.default_rng(0)
    names = [*NAMES, "Invert"]
    step = [with_sign(name, WIDE.magnitude(name, 7, 31, (20, 25)), rng) for name in names for _ in range(6)]
    pixels = torch.randint(256, (len(step), channels, 20, 25), generator=torch.Generator().manual_seed(0))
    pixels = (pixels // 4 * 3 + 20).to(torch.uint8)
    library = RandAugment()
    for image, result, (name, magnitude) in zip(pixels, run(pixels.float() / 255, [step]), step, strict=True):
        strength = magnitude / 255 if name == "Solarize" else magnitude
        expected = library._apply_image_or_video_transform(image, name, strength, "nearest", library._fill)
        assert torch.equal((result * 255).round().to(torch.uint8), expected), name
        assert name in ("Identity", "Color") or not torch.equal(expected, image), name


def test_steps_follow_each_other():
    images = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    pixels = (images * 255).round().to(torch.uint8)
    changed = run(images, [[("Posterize", 3)], [("Invert", 0.0)]])
    assert torch.equal((changed * 255).round().to(torch.uint8), F.invert(F.posterize(pixels, 3)))


def test_refuses_other_numbers_of_channels():
    with pytest.raises(MixBenchError, match="1 or 3 channels, got 4"):
        run(torch.rand(1, 4, 8, 8), [[("Identity", 0.0)]])


def test_equalize_needs_more_pixels_than_grey_levels():
    """As in PIL and torchvision: an image of fewer than 256 pixels is left alone."""
    images = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    pixels = (images * 255).round()
    assert torch.equal((run(images, [[("Equalize", 0.0)]]) * 255).round(), pixels)
