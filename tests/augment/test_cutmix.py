"""CutMix against timm and torchvision given the same box and partner, and its share's law."""

import numpy as np
import pytest
import torch
from scipy import stats
from timm.data.mixup import Mixup as TimmMixup
from torchvision.transforms import v2

from mixbench.augment.build import augmentation
from mixbench.augment.methods import cutmix as home
from mixbench.augment.tools.boxes import clipped_box

N, K = 6, 4
IMAGES = torch.rand(N, 3, 16, 12, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(N) % K
TARGETS = torch.nn.functional.one_hot(LABELS, K).float()
BOXES = [(0, 16, 0, 12), (3, 9, 2, 8), (0, 5, 7, 12), (4, 4, 3, 9)]


@pytest.fixture
def known(monkeypatch):
    def plant(box, order):
        monkeypatch.setattr(home, "clipped_box", lambda *_: box)
        monkeypatch.setattr(home, "permutation", lambda n, rng: order)
        return augmentation("cutmix").mix(IMAGES, TARGETS, np.random.default_rng(0))

    return plant


@pytest.mark.parametrize("box", BOXES)
def test_equals_timm(box, known, monkeypatch):
    share = 1 - (box[1] - box[0]) * (box[3] - box[2]) / (16 * 12)
    oracle = TimmMixup(cutmix_alpha=1.0, mixup_alpha=0.0, label_smoothing=0.0, num_classes=K)
    monkeypatch.setattr(oracle, "_params_per_batch", lambda: (share, True))
    monkeypatch.setattr("timm.data.mixup.cutmix_bbox_and_lam", lambda *_, **__: (box, share))
    expected, expected_targets = oracle(IMAGES.clone(), LABELS)
    mixed, targets = known(box, torch.arange(N).flip(0))
    assert torch.equal(mixed, expected)
    assert torch.allclose(targets, expected_targets, atol=1e-6)


@pytest.mark.parametrize("box", BOXES)
def test_equals_torchvision(box, known, monkeypatch):
    top, bottom, left, right = box
    share = 1 - (bottom - top) * (right - left) / (16 * 12)
    oracle = v2.CutMix(num_classes=K)
    params = {"labels": LABELS, "batch_size": N, "box": (left, top, right, bottom), "lam_adjusted": share}
    monkeypatch.setattr(oracle, "make_params", lambda inputs: params)
    expected, expected_targets = oracle(IMAGES, LABELS)
    mixed, targets = known(box, torch.arange(N).roll(1))
    assert torch.equal(mixed, expected)
    assert torch.allclose(targets, expected_targets, atol=1e-6)


def test_box_has_the_drawn_area_before_clipping():
    """The cut's sides are the image's times the root of 1 − λ (Yun et al., 2019, equation 2), rounded down."""
    rng = np.random.default_rng(0)
    inside = [clipped_box((32, 32), (10, 6), rng) for _ in range(400)]
    whole = [box for box in inside if (box[1] - box[0], box[3] - box[2]) == (10, 6)]
    assert len(whole) > 100
    assert all(0 <= top <= bottom <= 32 and 0 <= left <= right <= 32 for top, bottom, left, right in inside)
    assert any(box[0] == 0 and box[1] < 10 for box in inside)


def test_centre_is_uniform():
    rng = np.random.default_rng(1)
    centres = [clipped_box((8, 8), (0, 0), rng) for _ in range(4000)]
    for axis in (0, 2):
        counts = np.bincount([box[axis] for box in centres], minlength=8)
        assert stats.chisquare(counts).pvalue > 1e-6


def test_share_before_clipping_is_beta(monkeypatch):
    asked = []

    def note(side, box, rng):
        asked.append(box[0] / side[0])
        return clipped_box(side, box, rng)

    monkeypatch.setattr(home, "clipped_box", note)
    images, targets = torch.zeros(2, 1, 1000, 1), torch.eye(2)
    for seed in range(600):
        augmentation("cutmix(alpha=2)").mix(images, targets, np.random.default_rng(seed))
    kept = 1 - np.square(asked)
    assert stats.kstest(kept + np.random.default_rng(0).uniform(0, 1e-3, 600), stats.beta(2, 2).cdf).pvalue > 1e-6


def test_probability():
    made = augmentation("cutmix(probability=0.3)")
    left = sum(made.mix(IMAGES, TARGETS, np.random.default_rng(seed))[0] is IMAGES for seed in range(1000))
    assert stats.binomtest(left, 1000, 0.7).pvalue > 1e-6
