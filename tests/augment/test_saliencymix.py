"""SaliencyMix on hand-made saliency, and its saliency against a loop of its own and OpenCV's values."""

import numpy as np
import torch

from mixbench.augment.methods import saliencymix
from mixbench.augment.methods.saliencymix import SaliencyMix, _box_at_peak
from mixbench.augment.tools.saliency import SCALES, contrasts, saliency

# OpenCV 5.0 (contrib), StaticSaliencyFineGrained on the image below, times 255.
OPENCV = [
    [255, 216, 126, 27, 124, 255, 255, 227],
    [227, 183, 85, 13, 144, 186, 179, 158],
    [153, 109, 10, 137, 144, 82, 68, 82],
    [76, 52, 13, 124, 110, 48, 55, 82],
    [41, 43, 30, 34, 117, 103, 82, 96],
    [21, 41, 49, 0, 144, 151, 103, 89],
    [34, 8, 32, 0, 144, 158, 89, 55],
    [96, 34, 19, 0, 137, 165, 75, 27],
]


class Scripted:
    """A generator whose every draw is given."""

    def __init__(self, share, order):
        self.share, self.order = share, order

    def random(self):
        return 0.0

    def beta(self, a, b):
        return self.share

    def permutation(self, n):
        return np.array(self.order)


def spots(*places, size=(8, 10)):
    """Dark images with one bright pixel each."""
    images = torch.full((len(places), 3, *size), 0.1)
    for image, (row, column) in zip(images, places, strict=True):
        image[:, row, column] = 1.0
    return images


def reference(image):
    """Montabone and Soto's differences, pixel by pixel, on a grey image."""
    height, width = image.shape
    for _ in range(2):
        wide = np.pad(image, 1, mode="reflect")
        kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
        image = np.array([[(wide[y : y + 3, x : x + 3] * kernel).sum() for x in range(width)] for y in range(height)])
    on, off = np.zeros((height, width)), np.zeros((height, width))
    for (y, x), scale in ((place, scale) for place in np.ndindex(height, width) for scale in SCALES):
        window = image[max(y - scale + 1, 0) : y + scale + 1, max(x - scale + 1, 0) : x + scale + 1]
        mean = (window.sum() - image[y, x]) / (window.size - 1)
        on[y, x] += max(image[y, x] - mean, 0)
        off[y, x] += max(mean - image[y, x], 0)
    return on, off


def test_saliency_equals_a_loop():
    image = np.random.default_rng(0).random((15, 34))
    tensor = torch.from_numpy(image)[None, None]
    brighter, darker = reference(image)
    for ours, expected in zip(contrasts(tensor), (brighter, darker), strict=True):
        np.testing.assert_allclose(ours[0], expected, atol=1e-4)
    np.testing.assert_allclose(saliency(tensor)[0], brighter + darker, atol=1e-4)


def test_contrasts_are_opencvs_up_to_eight_bits_and_its_scaling():
    row, column = np.indices((8, 8))
    image = (row**2 * 7 + column * 29 + row * column * 11) % 256 / 255
    brighter, darker = contrasts(torch.from_numpy(image)[None, None])
    ours = (brighter / brighter.max() + darker / darker.max())[0]
    np.testing.assert_allclose(ours, np.array(OPENCV) / 255, atol=0.04)


def test_saliency_weighs_colours_as_the_eye_does():
    image = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    red, green, blue = image[0]
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    torch.testing.assert_close(saliency(image), saliency(grey[None, None]), atol=1e-5, rtol=0)


def test_peaks_lie_on_the_spots():
    places = [(2, 3), (5, 7), (4, 2)]
    peaks = saliency(spots(*places)).flatten(1).argmax(1)
    assert [divmod(int(peak), 10) for peak in peaks] == places


def test_box_at_a_hand_made_peak():
    maps = torch.zeros(2, 6, 8)
    maps[0, 3, 4] = maps[1, 0, 7] = 1.0
    box = _box_at_peak(maps, 0.5)
    expected = torch.zeros(2, 6, 8, dtype=torch.bool)
    expected[0, 2:4, 2:6] = True
    expected[1, 0:1, 5:8] = True
    assert torch.equal(box, expected)


def test_pastes_each_partners_own_peak_at_the_same_place(monkeypatch):
    images = torch.rand(3, 3, 8, 10, generator=torch.Generator().manual_seed(0))
    maps = torch.zeros(3, 8, 10)
    for i, (row, column) in enumerate([(6, 8), (7, 0), (2, 3)]):
        maps[i, row, column] = 1.0
    monkeypatch.setattr(saliencymix, "saliency", lambda others: maps if torch.equal(others, images[[1, 2, 0]]) else 0)
    targets = torch.eye(3)
    kept = images.clone()
    # 1 − 3/4 of the pixels: half of each side, 4 rows and 5 columns, of which the odd one is lost.
    mixed, mixed_targets = SaliencyMix().mix(images, targets, Scripted(0.75, [1, 2, 0]))
    corners = [(4, 8, 6, 10), (5, 8, 0, 2), (0, 4, 1, 5)]
    for i, (partner, (top, bottom, left, right)) in enumerate(zip([1, 2, 0], corners, strict=True)):
        expected = kept[i].clone()
        expected[:, top:bottom, left:right] = kept[partner][:, top:bottom, left:right]
        assert torch.equal(mixed[i], expected)
        share = (bottom - top) * (right - left) / 80
        torch.testing.assert_close(mixed_targets[i], targets[i] * (1 - share) + targets[partner] * share)
    assert torch.equal(images, kept)


def test_box_follows_the_saliency():
    images, targets = spots((4, 5), (4, 5)), torch.eye(2)
    # A box of all 8 rows and 10 columns around row 4, column 5 is the whole image.
    assert torch.equal(SaliencyMix().mix(images, targets, Scripted(0.0, [1, 0]))[1], targets.flip(0))
    # Nothing is cut.
    assert torch.equal(SaliencyMix().mix(images, targets, Scripted(1.0, [1, 0]))[1], targets)
    # 1/16 of the pixels: 2 rows and 2 columns.
    _, mixed = SaliencyMix().mix(images, targets, Scripted(15 / 16, [1, 0]))
    torch.testing.assert_close(mixed[0], torch.tensor([76 / 80, 4 / 80]))


def test_probability_zero_changes_nothing():
    images, targets = spots((4, 5), (1, 1)), torch.eye(2)
    mixed, mixed_targets = SaliencyMix(probability=0.0).mix(images, targets, np.random.default_rng(0))
    assert torch.equal(mixed, images)
    assert torch.equal(mixed_targets, targets)
