"""Crop and flip against torchvision's functional versions, given the same draws for each image."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from mixbench.data.transform import base_transform, crop, flip
from mixbench.spec.sections.transform import Transform

IMAGES = torch.rand(40, 3, 9, 14, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("padding", [1, 4])
def test_crop_is_torchvisions_image_by_image(padding):
    offsets = np.random.default_rng(0).integers(2 * padding + 1, size=(40, 2))
    expected = [
        reference.crop(reference.pad(image, [padding] * 4), int(top), int(left), 9, 14)
        for image, (top, left) in zip(IMAGES, offsets, strict=True)
    ]
    found = crop(IMAGES, offsets, padding)
    assert torch.equal(found, torch.stack(expected))


def test_flip_is_torchvisions_image_by_image():
    which = np.random.default_rng(0).random(40) < 0.5
    expected = [reference.horizontal_flip(i) if w else i for i, w in zip(IMAGES, which, strict=True)]
    assert 0 < which.sum() < 40
    assert torch.equal(flip(IMAGES, which), torch.stack(expected))


def test_each_image_has_a_draw_of_its_own_and_every_place_is_reached():
    marked = torch.zeros(3000, 1, 5, 5)
    marked[:, :, 2, 2] = 1
    out = base_transform(marked, Transform(crop_padding=2, flip=False), np.random.default_rng(1))
    places = out.flatten(1).argmax(1)
    counts = torch.bincount(places, minlength=25)
    assert (counts > 60).all()
    assert (counts < 200).all()
    assert torch.equal(out.sum(dim=(1, 2, 3)), torch.ones(3000))


def test_half_of_the_images_are_flipped():
    row = torch.arange(4.0).repeat(4000, 1, 2, 1) / 4
    out = base_transform(row, Transform(crop_padding=0, flip=True), np.random.default_rng(2))
    flipped = int((out[:, 0, 0, 0] == 0.75).sum())
    assert abs(flipped - 2000) < 160


def test_nothing_asked_for_changes_nothing_and_draws_nothing():
    rng = np.random.default_rng(3)
    out = base_transform(IMAGES, Transform(crop_padding=0, flip=False), rng)
    assert torch.equal(out, IMAGES)
    assert rng.random() == np.random.default_rng(3).random()


def test_the_batch_is_left_alone_and_the_same_seed_repeats():
    images, both = IMAGES.clone(), Transform(crop_padding=4, flip=True)
    first = base_transform(images, both, np.random.default_rng(4))
    assert torch.equal(images, IMAGES)
    assert torch.equal(first, base_transform(images, both, np.random.default_rng(4)))
    assert first.shape == IMAGES.shape
