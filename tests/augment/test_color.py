import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.color import Color
from mixbench.testing import example_batch


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (9, 14))])
def test_equals_torchvision_by_the_same_factors(channels, size):
    images, targets, _ = example_batch(8, channels, size, 0)
    rng = np.random.default_rng(4)
    factors = np.stack([rng.uniform(1 - strength, 1 + strength, 8) for strength in (0.3, 0.6, 0.9)], 1)
    changed, same = Color(brightness=0.3, contrast=0.6, saturation=0.9).mix(images, targets, np.random.default_rng(4))
    for image, result, (brightness, contrast, saturation) in zip(images, changed, factors.tolist(), strict=True):
        expected = F.adjust_contrast(F.adjust_brightness(image, brightness), contrast)
        torch.testing.assert_close(result, F.adjust_saturation(expected, saturation), atol=1e-5, rtol=0)
    assert same is targets


def test_zero_strengths_change_nothing():
    images, targets, _ = example_batch(8, 3, (8, 8), 0)
    still = Color(brightness=0.0, contrast=0.0, saturation=0.0)
    torch.testing.assert_close(still.mix(images, targets, np.random.default_rng(0))[0], images, atol=1e-6, rtol=0)
