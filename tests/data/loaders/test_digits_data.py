"""The digits split against scikit-learn's own data, and what is refused."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mixbench.data.checksum import checksum
from mixbench.data.load import LOADERS, load
from mixbench.data.loaders.digits import digits, stratified
from mixbench.data.loaders.loader import published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

SECTION = load_suite("digits").data


def test_the_split_is_a_partition_of_scikit_learns_images():
    data, source = load(SECTION), load_digits()
    assert (len(data.train), len(data.test)) == (1437, 360)
    found = np.concatenate([data.train.images.numpy(), data.test.images.numpy()])[:, 0]
    labels = np.concatenate([data.train.labels.numpy(), data.test.labels.numpy()])
    assert found.dtype == np.uint8
    ours = sorted((image.tobytes(), label) for image, label in zip(found, labels, strict=True))
    theirs = sorted((i.astype(np.uint8).tobytes(), t) for i, t in zip(source.images, source.target, strict=True))
    assert ours == theirs


def test_every_class_has_its_share_of_both_parts():
    data = load(SECTION)
    train, test = (np.bincount(part.labels.numpy(), minlength=10) for part in (data.train, data.test))
    np.testing.assert_array_equal(train + test, np.bincount(load_digits().target))
    assert np.abs(test - 0.2 * (train + test)).max() < 1


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.25, 0.33, 0.61])
@pytest.mark.parametrize("labels", [load_digits().target, np.arange(120) % 6, np.repeat([0, 1, 2], [5, 5, 20])])
def test_the_draw_is_scikit_learns(labels, fraction):
    """Equal classes have equal remainders, which are settled by lot."""
    expected = train_test_split(np.arange(len(labels)), test_size=fraction, stratify=labels, random_state=0)
    for ours, theirs in zip(stratified(labels, fraction), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_pixels_are_sixteenths():
    data = load(SECTION)
    pixels = data.train.pixels()
    assert pixels.dtype == torch.float32
    assert (pixels.min(), pixels.max()) == (0, 1)
    torch.testing.assert_close(pixels * 16, data.train.images.float(), rtol=0, atol=0)
    assert float(pixels.mean()) == pytest.approx(SECTION.mean[0], abs=1e-6)
    assert float(pixels.std(correction=0)) == pytest.approx(SECTION.std[0], abs=1e-6)


def test_one_hot_is_the_identitys_rows():
    data = load(SECTION)
    torch.testing.assert_close(data.train.one_hot(slice(5), 10), torch.eye(10)[data.train.labels[:5]])


def test_every_call_gives_the_same_split():
    assert checksum(*digits(SECTION)) == checksum(*digits(SECTION)) == SECTION.sha256


@pytest.mark.parametrize("change", ["image", "label", "order", "white"])
def test_the_checksum_sees_every_change(change):
    train, test = digits(SECTION)
    images, labels, white = train.images.clone(), train.labels.clone(), train.white
    if change == "image":
        images[0, 0, 0, 0] += 1
    elif change == "label":
        labels[0] = (labels[0] + 1) % 10
    elif change == "order":
        images, labels = images.flip(0), labels.flip(0)
    else:
        white = 17
    assert checksum(Split(images, labels, white), test) != SECTION.sha256
    assert checksum(test, train) != SECTION.sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, rf"needed sha256 {'0' * 64}, got {SECTION.sha256}"),
        ({"test_fraction": 0.3}, r"needed \(train images, .*got \(1257, 540, 1, 8, 8, 8, 8\)"),
        ({"train_images": 1438}, r"\(1438, 360, 1, 8, 8, 8, 8\), got \(1437, 360, 1, 8, 8, 8, 8\)"),
        ({"height": 9}, r"\(1437, 360, 1, 9, 8, 9, 8\), got \(1437, 360, 1, 8, 8, 8, 8\)"),
        ({"channels": 3}, r"\(1437, 360, 3, 8, 8, 8, 8\), got \(1437, 360, 1, 8, 8, 8, 8\)"),
        ({"classes": 9}, r"needed labels from 0 to 8, got 0 to 9"),
        ({"test_fraction": None}, r"needed a test_fraction, got none"),
        ({"name": "digit"}, r"unknown data set 'digit': known are .*Did you mean 'digits'\?"),
    ],
)
def test_data_that_is_not_the_suites_is_refused(change, message):
    with pytest.raises(MixBenchError, match=message) as caught:
        load(SECTION.model_copy(update=change))
    assert len(str(caught.value).splitlines()) == 1


def test_a_changed_pixel_is_refused(monkeypatch):
    def broken(data):
        train, test = digits(data)
        train.images[7, 0, 3, 3] ^= 1
        return train, test

    monkeypatch.setitem(LOADERS, "digits", dataclasses.replace(LOADERS["digits"], load=published(broken)))
    with pytest.raises(MixBenchError, match="needed sha256"):
        load(SECTION)
