"""Mosaic: every quadrant shows its own image at its own place, and the target is the quadrants' areas."""

import numpy as np
import pytest
import torch
from scipy import stats

from mixbench.augment.methods.mosaic import Mosaic
from mixbench.testing import example_batch


def by_hand(images, targets, rng, margin):
    """Mix with slices, one image at a time, from the same draws."""
    n, _, height, width = images.shape
    rng.random()
    centres = np.rint(rng.uniform(margin, 1 - margin, size=(n, 2)) * [height, width]).astype(int)
    right, below, opposite = (rng.permutation(n) for _ in range(3))
    mixed, mixed_targets = torch.empty_like(images), torch.zeros_like(targets)
    for i, (row, column) in enumerate(centres):
        quadrants = [
            (i, slice(0, row), slice(0, column)),
            (right[i], slice(0, row), slice(column, width)),
            (below[i], slice(row, height), slice(0, column)),
            (opposite[i], slice(row, height), slice(column, width)),
        ]
        for source, rows, columns in quadrants:
            mixed[i, :, rows, columns] = images[source, :, rows, columns]
            area = (rows.stop - rows.start) * (columns.stop - columns.start)
            mixed_targets[i] += targets[source] * area / (height * width)
    return mixed, mixed_targets


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("size", [(8, 8), (9, 14)])
def test_equals_slices_by_hand(size, margin):
    images, targets, _ = example_batch(8, 3, size, 0)
    expected = by_hand(images, targets, np.random.default_rng(5), margin)
    mixed, mixed_targets = Mosaic(margin=margin).mix(images, targets, np.random.default_rng(5))
    assert torch.equal(mixed, expected[0])
    torch.testing.assert_close(mixed_targets, expected[1])


def test_centres_are_uniform_between_the_margins():
    n, side = 3000, 500
    images = torch.arange(n).float()[:, None, None, None].expand(n, 1, side, 3) / n
    mixed, _ = Mosaic(margin=0.2).mix(images, torch.ones(n, 1), np.random.default_rng(0))
    # The left column shows an image's own value down to its centre.
    centres = (mixed[:, 0, :, 0] == images[:, 0, :, 0]).float().mean(1)
    own = centres < 1
    assert own.sum() > n - 10
    assert stats.kstest(centres[own], stats.uniform(0.2, 0.6).cdf).pvalue > 1e-6


def test_mixes_that_share_of_the_batches():
    images, targets, _ = example_batch(8, 3, (8, 8), 0)
    half = Mosaic(probability=0.5)
    mixed = [not torch.equal(half.mix(images, targets, np.random.default_rng(seed))[0], images) for seed in range(400)]
    assert stats.binomtest(sum(mixed), 400, 0.5).pvalue > 1e-6
    assert torch.equal(Mosaic(probability=0.0).mix(images, targets, np.random.default_rng(0))[0], images)
