import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.blur import Blur
from mixbench.testing import example_batch


@pytest.mark.parametrize(
    ("channels", "size", "sigma", "kernel"), [(1, (8, 8), 1.0, 7), (3, (9, 14), 2.0, 13), (3, (8, 14), 5.0, 15)]
)
def test_equals_torchvision_by_the_same_strengths(channels, size, sigma, kernel):
    """A kernel of three standard deviations each way; the last one reaches the image's far side, 7 pixels."""
    images, targets, _ = example_batch(6, channels, size, 0)
    sigmas = sigma * (1 - np.random.default_rng(2).random(6))
    blurred, same = Blur(sigma=sigma).mix(images, targets, np.random.default_rng(2))
    for image, result, strength in zip(images, blurred, sigmas, strict=True):
        torch.testing.assert_close(result, F.gaussian_blur(image, [kernel] * 2, [strength] * 2), atol=1e-5, rtol=0)
    assert same is targets


def test_a_vanishing_strength_is_the_identity():
    images, targets, _ = example_batch(5, 3, (8, 8), 0)
    blurred, _ = Blur(sigma=1e-9).mix(images, targets, np.random.default_rng(0))
    torch.testing.assert_close(blurred, images)
