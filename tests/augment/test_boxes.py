"""The box rule by its definition in CutMix's code, draw by draw and as a law; torchvision's and timm's beside it."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from timm.data.mixup import rand_bbox as timms
from torchvision.transforms import v2

from mixbench.augment.build import augmentation
from mixbench.augment.methods.saliencymix import _box_at_peak
from mixbench.augment.methods.snapmix import SnapMix
from mixbench.augment.tools.boxes import clipped_box

SIDES = [8, 28, 32, 224]


class Centre:
    """A generator that always gives the same centre."""

    def __init__(self, place):
        self.place = list(place) * 2

    def integers(self, high, size=None):
        return np.full(size, self.place.pop(0)) if size else self.place.pop(0)


def authors(length, centre, cut):
    """One side by the definition: centre minus and plus half of the part, rounded down, clipped."""
    half = int(length * cut) // 2
    return max(centre - half, 0), min(centre + half, length)


def expected_share(side, alpha=1.0, cells=4000):
    """The mean pasted share by the definition: over all centres, and over λ by its quantiles."""
    kept = stats.beta(alpha, alpha).ppf((np.arange(cells) + 0.5) / cells)
    half = np.floor(side * np.sqrt(1 - kept)).astype(int)[:, None] // 2
    centre = np.arange(side)
    lengths = np.minimum(centre + half, side) - np.maximum(centre - half, 0)
    return np.mean(lengths.mean(1) ** 2) / side**2, np.mean((lengths == 0).any(1))


@pytest.mark.parametrize("cut", [0.0, 0.2, 0.37, 0.5, 0.875, 1.0])
@pytest.mark.parametrize("side", [(8, 8), (28, 32), (7, 13)])
def test_every_box_is_the_authors(side, cut):
    for row, column in np.ndindex(*side):
        expected = (*authors(side[0], row, cut), *authors(side[1], column, cut))
        assert clipped_box(side, cut, Centre((row, column))) == expected
        maps = torch.zeros(1, *side)
        maps[0, row, column] = 1
        marked = torch.zeros(side, dtype=torch.bool)
        marked[expected[0] : expected[1], expected[2] : expected[3]] = True
        assert torch.equal(_box_at_peak(maps, cut)[0], marked)


@pytest.mark.parametrize("kept", [0.0, 0.13, 0.5, 0.77, 0.999])
@pytest.mark.parametrize("side", SIDES)
def test_torchvision_has_the_same_boxes(side, kept, monkeypatch):
    oracle = v2.CutMix(num_classes=2)
    monkeypatch.setattr(oracle, "_dist", torch.distributions.Beta(1, 1))
    monkeypatch.setattr(oracle._dist, "sample", lambda _: torch.tensor(kept, dtype=torch.float64))
    for row, column in np.random.default_rng(0).integers(side, size=(20, 2)):
        places = iter([torch.tensor([column]), torch.tensor([row])])
        monkeypatch.setattr(torch, "randint", lambda high, size, places=places: next(places))
        left, top, right, bottom = oracle.make_params([torch.zeros(2, 1, side, side)])["box"]
        assert clipped_box((side, side), math.sqrt(1 - kept), Centre((row, column))) == (top, bottom, left, right)


@pytest.mark.parametrize("side", SIDES)
def test_timm_adds_the_odd_pixel(side, monkeypatch):
    """timm's part is as long as drawn; ours, like the authors', is one shorter where that is odd."""
    for kept in (0.1, 0.4, 0.64, 0.9):
        row, column = side // 2, side // 2 - 1
        places = iter([row, column])
        monkeypatch.setattr(np.random, "randint", lambda *_, places=places, **__: next(places))
        top, bottom, left, right = timms((side, side), kept)
        odd = int(side * math.sqrt(1 - kept)) % 2
        ours = clipped_box((side, side), math.sqrt(1 - kept), Centre((row, column)))
        assert ours == (top, bottom - odd, left, right - odd)


@pytest.mark.parametrize("side", SIDES)
def test_areas_follow_the_authors_law(side):
    """40,000 boxes: a share of standard deviation below 0.3 has its mean within 0.006, four deviations."""
    rng = np.random.default_rng(side)
    boxes = np.array([clipped_box((side, side), math.sqrt(rng.random()), rng) for _ in range(40_000)])
    areas = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    share, nothing = expected_share(side)
    assert np.mean(areas) / side**2 == pytest.approx(share, abs=0.006)
    assert np.mean(areas == 0) == pytest.approx(nothing, abs=0.005)
    whole = (boxes[:, 0] > 0) & (boxes[:, 1] < side)
    assert not ((boxes[:, 1] - boxes[:, 0])[whole] % 2).any()


def test_the_law_is_the_measured_one():
    """Mean pasted shares of the authors' code at 60,000 draws."""
    for side, share in ((8, 0.233), (28, 0.296), (32, 0.299)):
        assert expected_share(side)[0] == pytest.approx(share, abs=0.002)
    assert expected_share(8)[1] == pytest.approx(0.061, abs=0.003)


@pytest.mark.parametrize("axis", [0, 2])
def test_the_centre_is_uniform(axis):
    rng = np.random.default_rng(1)
    centres = [clipped_box((8, 8), 0.0, rng)[axis] for _ in range(4000)]
    assert stats.chisquare(np.bincount(centres, minlength=8)).pvalue > 1e-6


@pytest.mark.parametrize("side", SIDES)
def test_saliencymix_takes_the_rule(side):
    rng = np.random.default_rng(side)
    for _ in range(20):
        (row, column), cut = rng.integers(side, size=2), math.sqrt(rng.random())
        maps = torch.zeros(1, side, side)
        maps[0, row, column] = 1
        rows, columns = (np.flatnonzero(_box_at_peak(maps, cut)[0].any(dim=1 - axis)) for axis in (0, 1))
        for found, centre in ((rows, row), (columns, column)):
            start, end = authors(side, centre, cut)
            assert list(found) == (list(range(start, end)) if int(side * cut) > 1 else [])


@pytest.mark.parametrize("side", SIDES)
def test_snapmix_takes_the_rule(side):
    class Kept(Centre):
        def beta(self, a, b):
            return 0.4

    box = SnapMix()._box(torch.zeros(1, 1, side, side), Kept((side // 2, 1)))
    assert box == (*authors(side, side // 2, math.sqrt(0.6)), *authors(side, 1, math.sqrt(0.6)))


@pytest.mark.parametrize("share", [0.25, 0.375, 0.5])
@pytest.mark.parametrize("side", SIDES)
def test_cutout_takes_the_rule(side, share):
    """Mean cut share over 4,000 holes against all centres; its standard error is below 0.002."""
    n = 4000 if side < 100 else 1000
    images = torch.ones(n // 4, 1, side, side)
    rng, cut = np.random.default_rng(0), []
    for _ in range(4):
        changed, _ = augmentation(f"cutout(size={share})").mix(images, torch.ones(n // 4, 1), rng, black())
        cut.append((changed == 0).float().mean())
    lengths = [end - start for start, end in (authors(side, centre, share) for centre in range(side))]
    assert float(np.mean(cut)) == pytest.approx(np.mean(lengths) ** 2 / side**2, abs=0.008)


def black():
    """A context of a data set whose mean colour is black."""

    class Data:
        mean = (0.0,)

    class Context:
        data = Data()

    return Context()
