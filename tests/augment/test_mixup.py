"""mixup against timm and torchvision given the same λ and partner, and against the paper's laws."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import stats
from timm.data.mixup import Mixup as TimmMixup
from torchvision.transforms import v2

from mixbench.augment.build import augmentation
from mixbench.augment.tools import partners
from mixbench.spec.errors import MixBenchError
from mixbench.testing import coloured_batch, example_batch

N, K = 6, 4
IMAGES = torch.rand(N, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(N) % K
TARGETS = torch.nn.functional.one_hot(LABELS, K).float()


class Drawn:
    """A generator whose λ and order are known."""

    def __init__(self, share: float, order: np.ndarray) -> None:
        self.share, self.order = share, order

    def beta(self, a, b):
        return self.share

    def permutation(self, n):
        return self.order


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_equals_timm(share, monkeypatch):
    oracle = TimmMixup(mixup_alpha=1.0, label_smoothing=0.0, num_classes=K)
    monkeypatch.setattr(oracle, "_params_per_batch", lambda: (share, False))
    expected, expected_targets = oracle(IMAGES.clone(), LABELS)
    mixed, targets = augmentation("mixup").mix(IMAGES, TARGETS, Drawn(share, np.arange(N)[::-1].copy()))
    assert torch.allclose(mixed, expected, atol=1e-6)
    assert torch.allclose(targets, expected_targets, atol=1e-6)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_equals_torchvision(share, monkeypatch):
    oracle = v2.MixUp(num_classes=K)
    monkeypatch.setattr(oracle, "make_params", lambda inputs: {"labels": LABELS, "batch_size": N, "lam": share})
    expected, expected_targets = oracle(IMAGES, LABELS)
    mixed, targets = augmentation("mixup").mix(IMAGES, TARGETS, Drawn(share, np.roll(np.arange(N), 1)))
    assert torch.allclose(mixed, expected, atol=1e-6)
    assert torch.allclose(targets, expected_targets, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 8.0])
def test_share_is_beta(alpha):
    """The share of the own class, read off one pair of classes whose partner is always the other."""
    images, targets = torch.rand(2, 1, 4, 4), torch.eye(2)
    made = augmentation(f"mixup(alpha={alpha})")
    drawn = [made.mix(images, targets, np.random.default_rng(seed))[1][0] for seed in range(1200)]
    shares = [float(target[0]) for target in drawn if target[0] < 1]
    # A random partner is the image itself half of the time, which leaves the target whole.
    assert stats.binomtest(len(shares), 1200, 0.5).pvalue > 1e-6
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 1e-6


def test_one_share_a_batch():
    images, targets, context = example_batch(8, 1, (8, 8), seed=0)
    _, mixed = augmentation("mixup").mix(images, targets, np.random.default_rng(3), context)
    shares = {round(float(row.max()), 5) for row in mixed if row.max() < 1}
    assert len(shares) == 1


def test_same_class_partners_leave_targets_whole_and_do_mix():
    images, targets, context = example_batch(8, 1, (8, 8), seed=1)
    mixed, mixed_targets = augmentation("mixup(classes=same)").mix(images, targets, np.random.default_rng(0), context)
    assert torch.equal(mixed_targets, targets)
    assert not torch.equal(mixed, images)


def test_nearest_partners_are_of_the_training_sets_nearest(monkeypatch):
    monkeypatch.setattr(partners, "NEIGHBOURS", 2)
    images, targets, context = example_batch(8, 3, (8, 8), seed=2)
    flat = context.data.train.pixels().flatten(1)
    distance = torch.cdist(flat, flat).fill_diagonal_(torch.inf)
    allowed = distance.argsort(dim=1)[:, :2]
    made = augmentation("mixup(partner=nearest,alpha=1000000)")
    mixed, _ = made.mix(images, targets, np.random.default_rng(0), context)
    for row, place in zip(mixed, range(8), strict=True):
        candidates = [
            (images[place] + context.data.train.pixels(torch.tensor([other]))[0]) / 2 for other in allowed[place]
        ]
        assert min(float((row - candidate).abs().max()) for candidate in candidates) < 5e-3


def test_nearest_needs_the_training_set():
    with pytest.raises(MixBenchError, match="needed the training set"):
        augmentation("mixup(partner=nearest)").mix(IMAGES, TARGETS, np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(6))
def test_targets_of_the_nearer_image(seed):
    images, targets, context = coloured_batch(8, (8, 8), seed)
    mixed, nearer = augmentation("mixup(targets=nearer)").mix(images, targets, np.random.default_rng(seed), context)
    assert torch.equal(mixed.mean(dim=(2, 3)).argmax(1), nearer.argmax(1))
    assert torch.equal(nearer.sum(1), torch.ones(8))
    assert set(nearer.unique().tolist()) == {0.0, 1.0}


def test_k_images_by_dirichlet():
    """With k images, all of other classes, the own share is the Dirichlet's margin, Beta(α, (k−1)α)."""
    n = 40
    images, targets = torch.rand(n, 1, 2, 2), torch.eye(n)
    made = augmentation("mixup(k=3,alpha=2)")
    shares = [float(made.mix(images, targets, np.random.default_rng(seed))[1].diagonal().min()) for seed in range(600)]
    assert stats.kstest(shares, stats.beta(2, 4).cdf).pvalue > 1e-6


def test_warms_up_unmixed():
    images, targets, context = example_batch(5, 1, (8, 8), seed=0)
    made = [augmentation(f"mixup(warmup_epochs={epochs})") for epochs in (5, 6)]
    (first, _), (second, _) = (one.mix(images, targets, np.random.default_rng(0), context) for one in made)
    assert not torch.equal(first, images)
    assert torch.equal(second, images)


def test_alpha_spreads_the_share():
    """Larger α mixes more: the own share moves towards one half, as in the paper's Figure 1."""
    images, targets = torch.rand(64, 1, 2, 2), torch.eye(64)

    def spread(alpha):
        made = augmentation(f"mixup(alpha={alpha})")
        draws = [made.mix(images, targets, np.random.default_rng(seed))[1].max(1).values.min() for seed in range(200)]
        return float(torch.stack(draws).mean())

    means = [spread(alpha) for alpha in (0.1, 1.0, 8.0)]
    assert all(first > second + 0.05 for first, second in pairwise(means))
