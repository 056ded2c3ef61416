"""CutMix against timm and torchvision given the same box and partner; the boxes' own law is tested with them."""

import numpy as np
import pytest
import torch
from scipy import stats
from timm.data.mixup import Mixup as TimmMixup
from torchvision.transforms import v2

from mixbench.augment.build import augmentation
from mixbench.augment.methods import cutmix as home

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


def test_probability():
    made = augmentation("cutmix(probability=0.3)")
    left = sum(made.mix(IMAGES, TARGETS, np.random.default_rng(seed))[0] is IMAGES for seed in range(1000))
    assert stats.binomtest(left, 1000, 0.7).pvalue > 1e-6


def test_share_before_clipping_is_beta(monkeypatch):
    asked = []
    monkeypatch.setattr(home, "clipped_box", lambda side, cut, rng: asked.append(cut) or (0, 0, 0, 0))
    for seed in range(600):
        augmentation("cutmix(alpha=2)").mix(IMAGES, TARGETS, np.random.default_rng(seed))
    assert stats.kstest(1 - np.square(asked), stats.beta(2, 2).cdf).pvalue > 1e-6


@pytest.mark.parametrize(("side", "share"), [(8, 0.233), (28, 0.296), (32, 0.299), (224, 0.317)])
def test_pasted_share_is_the_authors(side, share):
    """Shares of the authors' code, simulated beforehand with 60,000 draws; here 6,000, whose mean errs by 0.0035."""
    images, targets = torch.zeros(2, 1, side, side, dtype=torch.bfloat16), torch.eye(2)
    rng, kept = np.random.default_rng(side), []
    swapped = augmentation("cutmix")
    for _ in range(6000):
        mixed_targets = swapped.mix(images, targets, rng)[1]
        kept.append(float(mixed_targets[0, 0]))
    # Half of the batches of two pair each image with itself and show no share.
    assert np.mean(kept) == pytest.approx(1 - share / 2, abs=0.01)
