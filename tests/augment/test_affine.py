import numpy as np
import torch
from torchvision.transforms.v2 import functional as F

from mixbench.augment.tools.affine import identity_maps, rotations, shears, warp
from mixbench.testing import example_batch

FILL = torch.tensor([0.2, 0.5, 0.9]).reshape(3, 1, 1)


def test_combined_maps_equal_torchvision():
    images, _, _ = example_batch(4, 3, (9, 14), 0)
    angles, factors = np.array([10.0, -33.0, 90.0, 5.0]), np.array([0.5, 1.2, 1.0, 2.0])
    maps = rotations(np.radians(angles)) / factors[:, None, None]
    warped = warp(images, maps, FILL[None])
    for image, result, angle, factor in zip(images, warped, angles, factors, strict=True):
        # torchvision's affine turns clockwise, its rotate anticlockwise.
        options = {"translate": [0, 0], "shear": [0.0, 0.0], "interpolation": F.InterpolationMode.BILINEAR}
        # With a fill of its own torchvision weighs border pixels by their coverage twice, so its fill here is zero.
        expected = F.affine(image - FILL, angle=-angle, scale=factor, **options) + FILL
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=0)


def test_translation_by_whole_pixels_moves_them():
    images, _, _ = example_batch(2, 1, (9, 14), 0)
    maps = identity_maps(2)
    maps[1, :, 2] = [3, -2]
    moved = warp(images, maps, torch.zeros(1, 1, 1, 1))
    torch.testing.assert_close(moved[0], images[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(moved[1, :, 2:, :-3], images[1, :, :-2, 3:], atol=1e-5, rtol=0)
    assert float(moved[1, :, :2].max()) == float(moved[1, :, :, -3:].max()) == 0


def test_no_fill_repeats_the_edge():
    images, _, _ = example_batch(1, 1, (8, 8), 0)
    maps = identity_maps(1)
    maps[0, 0, 2] = 100
    torch.testing.assert_close(warp(images, maps, None), images[:, :, :, -1:].expand(-1, -1, -1, 8))


def test_shears_move_rows_or_columns_about_the_centre():
    images = torch.zeros(2, 1, 9, 9)
    images[:, :, 2, 2] = 1
    rows, columns = warp(images, shears(np.array([1.0, 1.0]), np.array([0, 1])), torch.zeros(1, 1, 1, 1))
    # The pixel lies at (−2, −2); by x_in = x + y it comes from x = 0, by y_in = y + x from y = 0.
    assert rows[0].nonzero().tolist() == [[2, 4]]
    assert columns[0].nonzero().tolist() == [[4, 2]]
