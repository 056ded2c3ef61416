"""Random resized crop on a whole batch against torchvision's, image by image and given the same draws."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from torchvision.transforms import functional

from mixbench.data.transform import TRIES, base_transform, draw_boxes, resized_crop
from mixbench.spec.sections.transform import RandomResizedCrop, Transform

USUAL = RandomResizedCrop(scale=[0.08, 1.0], ratio=[3 / 4, 4 / 3])


class Draws(np.random.Generator):
    """A generator that gives what it is told, in the order of draw_boxes: areas, log aspects, corners."""

    def __init__(self, *values):
        super().__init__(np.random.PCG64(0))
        self.values = list(values)

    def uniform(self, low, high, size):
        return low + (high - low) * self.values.pop(0).reshape(size)

    def random(self, size):
        return self.values.pop(0).reshape(size)


def torchvisions_box(height, width, settings, areas, aspects, corner):
    """RandomResizedCrop.get_params' rule, written out for one image; draws in [0, 1)."""
    for area, aspect in zip(areas, aspects, strict=True):
        target = height * width * (settings.scale[0] + (settings.scale[1] - settings.scale[0]) * area)
        low, high = math.log(settings.ratio[0]), math.log(settings.ratio[1])
        ratio = math.exp(low + (high - low) * aspect)
        w, h = round(math.sqrt(target * ratio)), round(math.sqrt(target / ratio))
        if 0 < w <= width and 0 < h <= height:
            return int(corner[0] * (height - h + 1)), int(corner[1] * (width - w + 1)), h, w
    whole = width / height
    if whole < settings.ratio[0]:
        w, h = width, round(width / settings.ratio[0])
    elif whole > settings.ratio[1]:
        h, w = height, round(height * settings.ratio[1])
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


@pytest.mark.parametrize("sides", [(256, 256), (40, 64), (9, 100), (100, 9)])
@pytest.mark.parametrize("settings", [USUAL, RandomResizedCrop(scale=[0.9, 1.0], ratio=[0.5, 2.0])])
def test_boxes_follow_torchvisions_rule_given_the_same_draws(sides, settings):
    rng = np.random.default_rng(0)
    areas, aspects, corners = rng.random((200, TRIES)), rng.random((200, TRIES)), rng.random((200, 2))
    found = draw_boxes(200, sides, settings, Draws(areas, aspects, corners))
    expected = [torchvisions_box(*sides, settings, *each) for each in zip(areas, aspects, corners, strict=True)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("sides", "size"), [((32, 32), (24, 24)), ((20, 30), (28, 17)), ((64, 64), (8, 8))])
def test_the_resize_equals_torchvisions_image_by_image(sides, size):
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.random((24, 3, *sides)).astype(np.float32))
    boxes = draw_boxes(24, sides, USUAL, rng)
    found = resized_crop(images, boxes, size)
    one = partial(functional.resized_crop, size=list(size), antialias=True)
    expected = torch.stack([one(image, *box) for image, box in zip(images, boxes.tolist(), strict=True)])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_the_smallest_and_the_whole_box():
    images = torch.rand(2, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    found = resized_crop(images, np.array([[3, 4, 1, 1], [0, 0, 12, 12]]), (12, 12))
    torch.testing.assert_close(found[0], images[0, :, 3:4, 4:5].expand(1, 12, 12))
    torch.testing.assert_close(found[1], images[1])


def test_every_image_has_its_own_box_and_the_same_seed_repeats():
    transform = Transform(crop_padding=0, flip=True, random_resized_crop=USUAL)
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)).expand(8, 3, 16, 16)
    before = images.clone()
    first, again = (base_transform(images, transform, np.random.default_rng(5), (12, 10)) for _ in range(2))
    assert first.shape == (8, 3, 12, 10)
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    torch.testing.assert_close(images, before, rtol=0, atol=0)
    assert len({tuple(image.flatten().tolist()) for image in first}) == 8
    assert 0 <= first.min() <= first.max() <= 1 + 1e-6
