"""Random Erasing: the rectangles' laws, their content against torchvision, and images that cannot be erased."""

import math
import random

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms.functional import erase

from mixbench.augment.methods.random_erasing import RandomErasing
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch

SIDE = 1000


def rectangles(method, n, side=(SIDE, SIDE), seed=0):
    return method._rectangles(np.ones(n, dtype=bool), side, np.random.default_rng(seed))


def accepted_areas(n):
    """The paper's code, one image at a time, from another generator."""
    draw = random.Random(1)
    areas = []
    while len(areas) < n:
        area, aspect = draw.uniform(0.02, 0.4) * SIDE**2, draw.uniform(0.3, 1 / 0.3)
        height, width = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if height < SIDE and width < SIDE:
            areas.append(height * width / SIDE**2)
    return areas


@pytest.mark.parametrize(("fill", "value"), [("mean", 0.5), ("zero", 0.0)])
def test_erases_as_torchvision_given_the_same_boxes(fill, value):
    images, targets, context = example_batch(8, 3, (9, 14), 0)
    method = RandomErasing(fill=fill)
    rng = np.random.default_rng(3)
    starts, sizes = method._rectangles(rng.random(8) < 0.5, (9, 14), rng)
    boxes = zip(images, starts.tolist(), sizes.tolist(), strict=True)
    expected = [erase(image, *start, *size, torch.tensor(value)) for image, start, size in boxes]
    mixed, same = method.mix(images, targets, np.random.default_rng(3), context)
    assert torch.equal(mixed, torch.stack(expected))
    assert 0 < (sizes > 0).all(1).sum() < 8
    assert torch.equal(same, targets)


def test_area_follows_the_papers_code():
    _, sizes = rectangles(RandomErasing(), 20_000)
    areas = sizes.prod(axis=1) / SIDE**2
    assert stats.ks_2samp(areas, accepted_areas(20_000)).pvalue > 1e-6
    assert areas.min() > 0.019
    assert areas.max() < 0.401
    # Rectangles that do not fit are redrawn, which makes small areas likelier than the uniform law does.
    assert stats.kstest(areas, stats.uniform(0.02, 0.38).cdf).pvalue < 1e-6


def test_aspect_is_uniform_and_not_log_uniform():
    _, sizes = rectangles(RandomErasing(area_min=0.04, area_max=0.05), 4000)
    aspect = sizes[:, 0] / sizes[:, 1]
    assert stats.kstest(aspect, stats.uniform(0.3, 1 / 0.3 - 0.3).cdf).pvalue > 1e-6
    assert stats.kstest(aspect, stats.loguniform(0.3, 1 / 0.3).cdf).pvalue < 1e-6


def test_lies_inside_at_any_place_with_the_same_chance():
    starts, sizes = rectangles(RandomErasing(), 4000, (SIDE, 2 * SIDE))
    room = np.array([SIDE, 2 * SIDE]) - sizes
    assert (starts >= 0).all()
    assert (starts <= room).all()
    for share in ((starts + 0.5) / (room + 1)).T:
        assert stats.kstest(share, "uniform").pvalue > 1e-6


def test_each_image_is_erased_with_its_own_draw():
    n = 20_000
    images, targets = torch.ones(n, 1, 8, 8), torch.ones(n, 1)
    mixed, _ = RandomErasing(p=0.3, area_min=0.1, fill="zero").mix(images, targets, np.random.default_rng(0))
    erased = int((mixed == 0).any(-1).any(-1).sum())
    assert stats.binomtest(erased, n, 0.3).pvalue > 1e-6


def test_random_fill_is_fresh_noise_of_all_levels():
    images, targets = torch.full((2000, 1, 8, 8), 2.0), torch.ones(2000, 1)
    mixed, _ = RandomErasing(p=1.0, fill="random").mix(images, targets, np.random.default_rng(0))
    levels = (mixed[mixed != 2] * 255).round().long()
    assert stats.chisquare(levels.bincount(minlength=256).numpy()).pvalue > 1e-6


def test_gives_up_where_no_rectangle_fits():
    method = RandomErasing(p=1.0, area_min=0.9, area_max=0.95, aspect=0.3, fill="zero")
    images = torch.ones(4, 1, 1, 8)
    mixed, _ = method.mix(images, torch.ones(4, 1), np.random.default_rng(0))
    assert torch.equal(mixed, images)


def test_refuses_an_empty_range():
    with pytest.raises(MixBenchError, match=r"area_min <= area_max, got 0\.5 and 0\.4"):
        RandomErasing(area_min=0.5)
