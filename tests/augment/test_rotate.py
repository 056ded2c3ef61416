import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.rotate import Rotate
from mixbench.augment.tools.affine import rotations, warp
from mixbench.testing import example_batch


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (9, 14))])
def test_equals_torchvision_by_the_same_angles(channels, size):
    images, targets, context = example_batch(8, channels, size, 0)
    angles = np.random.default_rng(3).uniform(-40, 40, 8)
    rotated, same = Rotate(degrees=40.0).mix(images, targets, np.random.default_rng(3), context)
    for image, result, angle in zip(images, rotated, angles, strict=True):
        # With a fill of its own torchvision weighs border pixels by their coverage twice, so its fill here is zero.
        expected = F.rotate(image - 0.5, angle, F.InterpolationMode.BILINEAR) + 0.5
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=0)
    assert same is targets


def test_a_quarter_turn_is_anticlockwise():
    images, _, _ = example_batch(1, 1, (8, 8), 0)
    turned = warp(images, rotations(np.array([np.pi / 2])), None)
    torch.testing.assert_close(turned, images.rot90(1, (2, 3)), atol=1e-5, rtol=0)
