"""mixbench.load_data, the public way to a suite's data."""

import pytest
import torch
from tiny import suite_path

import mixbench

UNCHECKED = getattr(mixbench.load_data, "__wrapped__", mixbench.load_data)
"""As users have it, without the tests' own check of annotations."""


def test_pixels_and_labels_of_both_splits():
    images, labels = mixbench.load_data("digits", "train")
    assert (images.shape, images.dtype) == ((1437, 1, 8, 8), torch.float32)
    assert (labels.shape, labels.dtype) == ((1437,), torch.int64)
    assert (float(images.min()), float(images.max())) == (0, 1)
    images, labels = mixbench.load_data("digits", "test")
    assert (len(images), len(labels)) == (360, 360)


def test_a_suites_file_serves_as_well_as_its_name():
    for ours, theirs in zip(
        mixbench.load_data(suite_path(), "test"), mixbench.load_data("digits", "test"), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_noise_adds_the_mask_and_the_labels_every_training_sees():
    images, given, mask = mixbench.load_data("digits", "train", noise=0.5)
    clean, labels = mixbench.load_data("digits", "train")
    assert torch.equal(images, clean)
    assert torch.equal(given[~mask], labels[~mask])
    assert abs(float(mask.float().mean()) - 0.5) < 0.07
    assert 0 < int((given[mask] == labels[mask]).sum()) < int(mask.sum()) // 4


def test_the_caller_may_change_what_it_got():
    images, _ = mixbench.load_data("digits", "test")
    images.zero_()
    assert float(mixbench.load_data("digits", "test")[0].max()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("digits", "valid"), "unknown split 'valid': a suite has train and test"),
        (("digits", "tests"), r"Did you mean 'test'\?"),
        (("digit", "test"), r"Did you mean 'digits'\?"),
        (("digits", "train", 1.5), r"needed a share in \[0, 1\], got 1.5"),
        (("digits", "train", -0.1), r"needed a share in \[0, 1\], got -0.1"),
        (("digits", "train", float("nan")), r"needed a share in \[0, 1\], got nan"),
        (("digits", "test", 0.5), "test labels are never corrupted"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(mixbench.MixBenchError, match=message):
        UNCHECKED(*arguments)


def test_labels_given_back_are_the_callers_own():
    _, labels = mixbench.load_data("digits", "train", noise=0.2)[:2]
    labels.zero_()
    assert len(mixbench.load_data("digits", "train", noise=0.2)[1].unique()) == 10
