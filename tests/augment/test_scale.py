import numpy as np
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.scale import Scale
from mixbench.testing import example_batch


def test_equals_torchvision_by_the_same_factors():
    images, targets, context = example_batch(8, 3, (9, 14), 0)
    factors = np.random.default_rng(3).uniform(0.5, 1.5, 8)
    scaled, same = Scale(strength=0.5).mix(images, targets, np.random.default_rng(3), context)
    assert factors.min() < 1 < factors.max()
    for image, result, factor in zip(images, scaled, factors, strict=True):
        options = {"angle": 0.0, "translate": [0, 0], "shear": [0.0, 0.0]}
        # With a fill of its own torchvision weighs border pixels by their coverage twice, so its fill here is zero.
        expected = F.affine(image - 0.5, scale=factor, interpolation=F.InterpolationMode.BILINEAR, **options) + 0.5
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=0)
    assert same is targets
