import numpy as np
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.shear import Shear
from mixbench.testing import example_batch


def test_equals_torchvision_by_the_same_angles():
    images, targets, context = example_batch(8, 3, (9, 14), 0)
    draws = np.random.default_rng(3)
    angles, along = draws.uniform(-30, 30, 8), draws.integers(2, size=8)
    sheared, same = Shear(degrees=30.0).mix(images, targets, np.random.default_rng(3), context)
    assert set(along) == {0, 1}
    for image, result, angle, axis in zip(images, sheared, angles, along, strict=True):
        shear = [angle, 0.0] if axis == 0 else [0.0, angle]
        options = {"angle": 0.0, "translate": [0, 0], "scale": 1.0}
        # With a fill of its own torchvision weighs border pixels by their coverage twice, so its fill here is zero.
        expected = F.affine(image - 0.5, shear=shear, interpolation=F.InterpolationMode.BILINEAR, **options) + 0.5
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=0)
    assert same is targets
