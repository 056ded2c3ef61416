"""ResizeMix: the patch is the whole partner, resized, and the target goes by its real area."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn.functional import interpolate

from mixbench.augment.methods.resizemix import ResizeMix
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(8, 8), (9, 14)])
def test_equals_interpolate_by_hand(size, seed):
    images, targets, _ = example_batch(8, 3, size, 0)
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.1, 0.8)
    height, width = (max(1, round(side * scale)) for side in size)
    top, left = rng.integers(size[0] - height + 1), rng.integers(size[1] - width + 1)
    order = rng.permutation(8)
    expected = images.clone()
    for i in range(8):
        patch = interpolate(images[order[i]][None], (height, width), mode="bilinear", antialias=True)[0]
        expected[i, :, top : top + height, left : left + width] = patch
    share = height * width / (size[0] * size[1])
    mixed, mixed_targets = ResizeMix().mix(images, targets, np.random.default_rng(seed))
    torch.testing.assert_close(mixed, expected)
    torch.testing.assert_close(mixed_targets, targets * (1 - share) + targets[order] * share)


def test_half_size_shows_the_whole_partner():
    images, targets = torch.zeros(2, 1, 8, 8), torch.eye(2)
    images[1] = 1
    images[1, :, :, :4] = 0.5
    method = ResizeMix(scale_min=0.5, scale_max=0.5)
    for seed in range(20):
        mixed, mixed_targets = method.mix(images, targets, np.random.default_rng(seed))
        if mixed[0].any():
            break
    rows, columns = (mixed[0, 0] > 0).nonzero(as_tuple=True)
    patch = mixed[0, 0, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert patch.shape == (4, 4)
    # Weights of the antialiasing triangle, two pixels to either side, across the edge from 0.5 to 1.
    row = torch.tensor([0.5, 0.5 + 0.5 / 8, 1 - 0.5 / 8, 1.0])
    torch.testing.assert_close(patch, row.expand(4, 4))
    assert mixed_targets[0].tolist() == [0.75, 0.25]


def test_scale_is_uniform():
    images, targets = torch.zeros(2, 1, 200, 200), torch.eye(2)
    sides = []
    for seed in range(600):
        _, mixed = ResizeMix().mix(images[:, :, :, :], targets, np.random.default_rng(seed))
        if mixed[0, 1] > 0:
            sides.append(float(mixed[0, 1]) ** 0.5)
    assert len(sides) > 200
    assert stats.kstest(sides, stats.uniform(0.1, 0.7).cdf).pvalue > 1e-6
    assert stats.kstest(np.square(sides), stats.uniform(0.01, 0.63).cdf).pvalue < 1e-6


def test_refuses_an_empty_range():
    with pytest.raises(MixBenchError, match="scale_min <= scale_max"):
        ResizeMix(scale_min=0.9)
