"""Cutout by hand: square holes of the data set's mean colour, clipped at the border."""

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation
from mixbench.testing import example_batch


def holes(spec: str, size: tuple[int, int], count: int = 200) -> np.ndarray:
    """Which pixels were cut, by drawing on images that nowhere have the fill's value."""
    images, targets, context = example_batch(8, 3, size, seed=0)
    images = images * 0.4 + 0.55
    cut = []
    for seed in range(count // 8):
        changed, same = augmentation(spec).mix(images, targets, np.random.default_rng(seed), context)
        assert torch.equal(same, targets)
        filled = (changed == 0.5).all(1)
        assert torch.equal(changed.movedim(1, -1)[~filled], images.movedim(1, -1)[~filled])
        cut.append(filled)
    return torch.cat(cut).numpy()


@pytest.mark.parametrize(("share", "side"), [(0.5, 8), (0.25, 4), (1.0, 16)])
def test_holes_are_squares_clipped_at_the_border(share, side):
    for cut in holes(f"cutout(size={share})", (16, 16)):
        rows, columns = cut.any(1), cut.any(0)
        assert cut.sum() == rows.sum() * columns.sum()
        for line in (rows, columns):
            where = np.flatnonzero(line)
            touches = where[0] == 0 or where[-1] == 15
            assert len(where) == side or (touches and side // 2 <= len(where) < side)


def test_centre_is_anywhere():
    """Every pixel is hit, corners about a quarter as often as the middle."""
    share = holes("cutout", (16, 16), count=2400).mean(0)
    assert share[8, 8] == pytest.approx(0.25, abs=0.05)
    assert share[0, 0] == pytest.approx(25 / 256, abs=0.04)


def test_several_holes():
    one, three = (holes(f"cutout(size=0.3,holes={n})", (16, 16)).mean() for n in (1, 3))
    assert 2 * one < three < 3 * one


def test_without_a_data_set_the_fill_is_the_batchs_mean():
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    changed, _ = augmentation("cutout").mix(images, torch.eye(2), np.random.default_rng(0))
    cut = (changed != images).any(1)
    assert torch.allclose(changed.movedim(1, -1)[cut], images.mean((0, 2, 3)).expand(int(cut.sum()), 3))
