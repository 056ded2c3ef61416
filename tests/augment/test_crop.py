import numpy as np
import pytest
import torch
from torchvision.ops import roi_align

from mixbench.augment.methods.crop import Crop
from mixbench.testing import example_batch


def boxes(n, size, area, aspect, rng):
    """Crop boxes (N, 4) as left, top, right, bottom in pixels, worked out from a generator's draws."""
    height, width = size
    share = rng.uniform(area, 1, n)
    ratio = np.exp(rng.uniform(-1, 1, n) * np.log(aspect))
    w, h = np.minimum((share * ratio) ** 0.5, 1) * width, np.minimum((share / ratio) ** 0.5, 1) * height
    places = rng.random((n, 2))
    left, top = places[:, 0] * (width - w), places[:, 1] * (height - h)
    return np.stack([left, top, left + w, top + h], 1)


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (9, 14))])
def test_equals_roi_align_of_the_same_boxes(channels, size):
    images, targets, context = example_batch(8, channels, size, 0)
    parts = torch.from_numpy(boxes(8, size, 0.25, 2.0, np.random.default_rng(3))).float()
    expected = roi_align(images, [part[None] for part in parts], size, sampling_ratio=1, aligned=True)
    cropped, same = Crop(area=0.25, aspect=2.0).mix(images, targets, np.random.default_rng(3), context)
    torch.testing.assert_close(cropped, expected, atol=1e-5, rtol=0)
    assert same is targets


def test_boxes_lie_inside_and_have_the_asked_share():
    """The reference above, and with it the method, keeps to what the docstring promises."""
    parts = boxes(10_000, (9, 14), 0.25, 1.2, np.random.default_rng(0))
    shares = (parts[:, 2] - parts[:, 0]) * (parts[:, 3] - parts[:, 1]) / (9 * 14)
    assert parts.min() >= 0
    assert (parts[:, 2:] <= np.array([14, 9]) + 1e-9).all()
    assert 0.25 <= shares.min() < 0.26
    assert 0.95 < shares.max() <= 1


def test_the_whole_image_is_itself():
    images, targets, context = example_batch(3, 3, (9, 14), 0)
    cropped, _ = Crop(area=1.0, aspect=1.0).mix(images, targets, np.random.default_rng(0), context)
    torch.testing.assert_close(cropped, images, atol=1e-5, rtol=0)
