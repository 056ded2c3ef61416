"""What the checks draw again without torch is what the battery and the trainings drew."""

import numpy as np
import pytest
import torch

from mixbench.battery.between import LAMBDAS, draw_pairs, paste_box
from mixbench.battery.temperature import halves
from mixbench.data.noise import corrupt
from mixbench.submission.checks import draws


@pytest.mark.parametrize(("count", "classes", "level"), [(1437, 10, 0.2), (999, 3, 0.8), (20, 2, 0.5)])
def test_label_noise(count, classes, level):
    labels = torch.arange(count) % classes
    given, mask = corrupt(labels, classes, level, "some-data")
    ours, drawn = draws.corrupted(count, classes, level, "some-data")
    assert np.array_equal(ours, mask.numpy())
    assert np.array_equal(np.where(ours, drawn, labels.numpy()), given.numpy())


@pytest.mark.parametrize("count", [2, 3, 360, 1001])
def test_halves(count):
    assert np.array_equal(draws.halves(count, "some-data"), halves(count, "some-data"))


@pytest.mark.parametrize(("classes", "count"), [(2, 7), (10, 500)])
def test_pairs(classes, count):
    labels = np.random.default_rng(5).integers(classes, size=1437)
    assert np.array_equal(draws.pairs(labels, count, "some-data"), draw_pairs(labels, count, "some-data"))


def test_labels_of_nearly_one_class_end_the_draw():
    labels = np.zeros(100_000, dtype=np.int64)
    labels[0] = 1
    assert len(draws.pairs(labels, 500, "some-data")) == 0


@pytest.mark.parametrize(("height", "width"), [(8, 8), (28, 28), (32, 48), (7, 5), (224, 224)])
def test_cutmix_shares(height, width):
    image = torch.zeros(1, 1, height, width)
    shares = [paste_box(image, image, float(lam), np.zeros((1, 2)))[1] for lam in LAMBDAS]
    assert np.array_equal(draws.cutmix_shares(height, width), shares)
    assert np.array_equal(draws.LAMBDAS, LAMBDAS)
