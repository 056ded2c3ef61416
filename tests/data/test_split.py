"""A split's pixels: whole, stored larger than shown, and too large to move."""

import hashlib

import numpy as np
import pytest
import torch
from torchvision.transforms.functional import center_crop

from mixbench.data import feed as feed_module
from mixbench.data import split as split_module
from mixbench.data.checksum import checksum
from mixbench.data.load import checksum as loaders_checksum
from mixbench.data.residence import device_holds
from mixbench.data.split import DataSet, Split, centre

IMAGES = torch.from_numpy(np.random.default_rng(0).integers(256, size=(7, 3, 9, 8), dtype=np.uint8))
LABELS = torch.arange(7) % 3


def test_resident_pixels_are_the_bytes_over_white():
    split = Split(IMAGES, LABELS, white=16)
    assert torch.equal(split.pixels(), IMAGES.float() / 16)
    assert torch.equal(split.pixels(slice(2, 4)), IMAGES[2:4].float() / 16)
    assert torch.equal(split.stored_pixels(torch.tensor([5, 0])), IMAGES[[5, 0]].float() / 16)


@pytest.mark.parametrize("size", [(4, 4), (5, 3), (9, 8), (8, 7)])
def test_stored_larger_is_shown_at_its_centre(size):
    split = Split(IMAGES, LABELS, size=size)
    assert torch.equal(split.pixels(), center_crop(IMAGES, list(size)).float() / 255)
    assert torch.equal(split.stored_pixels(), IMAGES.float() / 255)
    assert torch.equal(centre(IMAGES, None), IMAGES)


def test_images_that_do_not_fit_stay_and_labels_move(monkeypatch):
    data = DataSet(Split(IMAGES, LABELS), Split(IMAGES[:1], LABELS[:1]), 3, (0.5,) * 3, (0.5,) * 3)
    moved = data.to("meta")
    assert (moved.train.images.device.type, moved.train.labels.device.type) == ("meta", "meta")
    monkeypatch.setattr(split_module, "device_holds", lambda device, size: size < IMAGES.nbytes)
    moved = data.to("meta")
    assert (moved.train.images.device.type, moved.train.labels.device.type) == ("cpu", "meta")
    assert moved.test.images.device.type == "meta"
    assert moved.train.pixels(slice(2)).device.type == "meta"
    assert torch.equal(moved.train.with_labels(LABELS).images, IMAGES)


def test_half_of_a_gpus_free_memory_holds_images(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1000, 5000))
    assert [device_holds("cuda", size) for size in (500, 501)] == [True, False]
    assert device_holds("cpu", 10**18)


def test_new_labels_are_no_longer_what_a_kept_checksum_says():
    split = Split(IMAGES, LABELS, sha256="0" * 64)
    assert split.to("cpu").sha256 == "0" * 64
    assert split.with_labels(LABELS).sha256 is None


@pytest.mark.parametrize("piece", [1, 500, 2**26])
def test_checksum_is_over_shape_white_bytes_and_labels_whatever_is_read_at_once(monkeypatch, piece):
    monkeypatch.setattr(feed_module, "PIECE", piece)
    train, test = Split(IMAGES, LABELS), Split(IMAGES[2:5].transpose(2, 3), LABELS[2:5], 16)
    by_hand = hashlib.sha256(b"((7, 3, 9, 8), 255)" + IMAGES.numpy().tobytes() + LABELS.numpy().tobytes())
    by_hand.update(b"((3, 3, 8, 9), 16)" + IMAGES[2:5].numpy().transpose(0, 1, 3, 2).tobytes())
    by_hand.update(LABELS[2:5].numpy().tobytes())
    assert checksum(train, test) == by_hand.hexdigest() == loaders_checksum(train, test)
