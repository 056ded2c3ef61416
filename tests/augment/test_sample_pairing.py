"""SamplePairing: the mean of two, the first one's label, and the schedule epoch by epoch."""

import dataclasses

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation
from mixbench.augment.methods.sample_pairing import SamplePairing, mixes_in
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch

ON, OFF = "#", "."


def written(epochs):
    return "".join(ON if mixes_in(epoch, epochs) else OFF for epoch in range(epochs))


def test_is_the_mean_of_two_with_the_label_of_the_first():
    images, targets, _ = example_batch(8, 3, (8, 8), 0)
    mixed, same = SamplePairing().mix(images, targets, np.random.default_rng(0))
    partner = torch.from_numpy(np.random.default_rng(0).permutation(8))
    torch.testing.assert_close(mixed, (images + images[partner]) / 2)
    assert torch.equal(same, targets)
    assert (partner != torch.arange(8)).any()


@pytest.mark.parametrize(
    ("epochs", "schedule"),
    [
        (1, "."),
        (5, ".###."),
        (10, ".#######.."),
        (11, "..######..."),
        (30, "..." + "########.." + "########.." + "#" + "......"),
        (50, "....." + "########.." * 3 + "#####" + ".........."),
        (100, "." * 10 + "########.." * 7 + "." * 20),
    ],
)
def test_schedule_epoch_by_epoch(epochs, schedule):
    assert written(epochs) == schedule


@pytest.mark.parametrize("epoch", range(20))
def test_mixes_where_the_schedule_says_so(epoch):
    images, targets, context = example_batch(8, 3, (8, 8), 0)
    context = dataclasses.replace(context, epoch=epoch, epochs=20)
    mixed, _ = SamplePairing().mix(images, targets, np.random.default_rng(0), context)
    assert torch.equal(mixed, images) is (epoch not in {2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15})


def test_chooses_the_partner():
    with pytest.raises(MixBenchError, match="partner"):
        augmentation("sample_pairing+mixup")
