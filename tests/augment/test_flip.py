import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.methods.flip import Flip
from mixbench.testing import example_batch

MIRRORS = {"horizontal": F.horizontal_flip, "vertical": F.vertical_flip}


@pytest.mark.parametrize("axis", MIRRORS)
def test_mirrors_the_drawn_images_and_no_others(axis):
    images, targets, _ = example_batch(8, 3, (9, 14), 0)
    chosen = np.random.default_rng(1).random(8) < 0.5
    flipped, same = Flip(axis=axis).mix(images, targets, np.random.default_rng(1))
    assert 0 < chosen.sum() < 8
    for image, result, mirrored in zip(images, flipped, chosen, strict=True):
        assert torch.equal(result, MIRRORS[axis](image) if mirrored else image)
    assert same is targets


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_probability_at_its_ends(probability):
    images, targets, _ = example_batch(8, 1, (8, 8), 0)
    flipped, _ = Flip(probability=probability).mix(images, targets, np.random.default_rng(0))
    assert torch.equal(flipped, images.flip(3) if probability else images)
