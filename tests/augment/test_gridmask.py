"""GridMask: the holes against the loops of the paper's code, their share, rotation, and the growing probability."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from mixbench.augment.methods.gridmask import GridMask, _holes
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch


def holes(side, period, kept, offset, degrees=0.0):
    arrays = [np.array([value]) for value in (period, kept)]
    made = _holes(torch.zeros(1, 3, *side), *arrays, np.array([offset]), np.deg2rad([degrees]))
    return made[0, 0].numpy()


def by_loops(side, period, kept, offset):
    """Keep stripes of rows and of columns, stripe by stripe; what no stripe covers is a hole."""
    mask = np.ones(side, dtype=bool)
    for k in range(-1, max(side) // period + 1):
        rows, columns = (slice(max(k * period + start, 0), max(k * period + start + kept, 0)) for start in offset)
        mask[rows, :] = False
        mask[:, columns] = False
    return mask


@pytest.mark.parametrize(("period", "kept", "offset"), [(4, 2, (0, 0)), (5, 3, (1, 4)), (8, 5, (7, 2)), (3, 1, (2, 2))])
@pytest.mark.parametrize("side", [(8, 8), (9, 14)])
def test_holes_are_those_of_the_papers_loops(side, period, kept, offset):
    expected = by_loops(side, period, kept, offset)
    assert expected.sum() > 0
    assert np.array_equal(holes(side, period, kept, offset), expected)


def test_a_mask_worked_by_hand():
    rows = ["....", ".##.", ".##.", "...."]
    expected = np.array([[place == "#" for place in row] for row in rows])
    assert np.array_equal(holes((4, 4), 4, 2, (3, 3)), expected)


def test_a_quarter_turn_is_numpys():
    plain = holes((12, 12), 6, 4, (1, 3))
    turned = [np.rot90(plain, k) for k in (1, 3)]
    assert any(np.array_equal(holes((12, 12), 6, 4, (1, 3), degrees=90), other) for other in turned)
    assert not np.array_equal(turned[0], turned[1])


def test_a_turned_hole_keeps_size_and_shape():
    found = holes((200, 200), 100, 60, (10, 30), degrees=30)
    labels, count = ndimage.label(found)
    areas = [(labels == k).sum() for k in range(1, count + 1) if not set(np.argwhere(labels == k).ravel()) & {0, 199}]
    assert areas
    assert all(abs(area - 40**2) < 90 for area in areas)


def test_share_and_colour_of_holes():
    _, _, context = example_batch(1, 1, (8, 8), 0)
    context = dataclasses.replace(context, epoch=9, epochs=10)
    images, targets = torch.ones(1000, 1, 60, 60), torch.ones(1000, 1)
    method = GridMask(p=1.0, unit_min=0.5, unit_max=0.5)
    mixed, same = method.mix(images, targets, np.random.default_rng(0), context)
    share = (mixed == 0.5).float().mean((1, 2, 3))
    # Period 30, 18 of it kept: holes of 12 by 12.
    assert abs(float(share.mean()) - (12 / 30) ** 2) < 5 * float(share.std()) / 1000**0.5
    assert ((mixed == 0.5) | (mixed == 1)).all()
    assert same is targets


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.0), (60, 0.2), (120, 0.4), (240, 0.8), (299, 0.8)])
def test_probability_grows_linearly(epoch, expected):
    _, _, context = example_batch(1, 1, (8, 8), 0)
    context = dataclasses.replace(context, epoch=epoch, epochs=300)
    assert GridMask().probability_in(context) == pytest.approx(expected)
    assert GridMask(ramp=0.0).probability_in(context) == GridMask().probability_in(None) == 0.8


def test_each_image_is_masked_with_its_own_draw():
    n = 5000
    images = torch.zeros(n, 1, 8, 8)
    images[:, :, :, ::2] = 1
    mixed, _ = GridMask(p=0.3, unit_min=0.5, unit_max=0.5, rotate=0.0).mix(
        images, torch.ones(n, 1), np.random.default_rng(0)
    )
    masked = int((mixed != images).flatten(1).any(1).sum())
    assert stats.binomtest(masked, n, 0.3).pvalue > 1e-6


def test_refuses_an_empty_range():
    with pytest.raises(MixBenchError, match="unit_min <= unit_max"):
        GridMask(unit_min=0.9, unit_max=0.5)
