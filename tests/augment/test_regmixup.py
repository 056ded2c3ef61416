"""RegMixup: one batch of clean and mixed images, against the authors' formula on the same draws."""

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation, composition
from mixbench.augment.methods.regmixup import RegMixup
from mixbench.testing import example_batch


class Linear(torch.nn.Module):
    """Keeps what went in."""

    def __init__(self, features):
        super().__init__()
        weight = torch.randn(3, features, generator=torch.Generator().manual_seed(0)) / features**0.5
        self.weight = torch.nn.Parameter(weight)
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return images.flatten(1) @ self.weight.T


def step(method, seed=0):
    images, targets, context = example_batch(8, 3, (6, 5), 0)
    model = Linear(images[0].numel())
    loss = method.loss(model, composition("erm").criterion, images, targets, np.random.default_rng(seed), context)
    return model, images, targets, loss


def cross_entropy(logits, targets):
    return -(targets * torch.log_softmax(logits, 1)).sum(1).mean()


@pytest.mark.parametrize("seed", range(5))
def test_is_half_of_the_papers_sum(seed):
    model, images, targets, loss = step(RegMixup(), seed)
    rng = np.random.default_rng(seed)
    share, order = rng.beta(20, 20), torch.from_numpy(rng.permutation(8))
    mixed, mixed_targets = (share * values + (1 - share) * values[order] for values in (images, targets))
    clean_logits, mixed_logits = images.flatten(1) @ model.weight.T, mixed.flatten(1) @ model.weight.T
    expected = (cross_entropy(clean_logits, targets) + cross_entropy(mixed_logits, mixed_targets)) / 2
    torch.testing.assert_close(loss, expected, rtol=1e-6, atol=1e-6)


def test_one_pass_of_a_doubled_batch():
    """So that batch norm sees both halves together."""
    model, images, _, _ = step(RegMixup())
    assert [len(seen) for seen in model.seen] == [RegMixup().forward_passes * 8]
    assert torch.equal(model.seen[0][:8], images)


def test_a_large_alpha_mixes_halves():
    model, images, _, _ = step(RegMixup(alpha=1e6), 3)
    rng = np.random.default_rng(3)
    rng.beta(1e6, 1e6)
    halves = (images + images[torch.from_numpy(rng.permutation(8))]) / 2
    assert float((model.seen[0][8:] - halves).abs().max()) < 1e-3


def test_shares_are_drawn_from_beta():
    """Var Beta(α, α) = 1 / (8α + 4), of 3,000 draws within 15 %, six standard deviations."""
    images, targets, context = example_batch(2, 1, (1, 1), 0)
    shares = []

    def criterion(logits, mixed):
        shares.append(float(mixed[2:].max(1).values[0]))
        return logits.sum()

    for seed in range(3000):
        RegMixup().loss(
            lambda batch: batch.flatten(1), criterion, images, targets, np.random.default_rng(seed), context
        )
    mixed = np.array([share for share in shares if share < 1])
    assert 1350 < len(mixed) < 1650
    # The larger of λ and 1 − λ has the same mean square about ½.
    assert ((mixed - 0.5) ** 2).mean() == pytest.approx(1 / 164, rel=0.15)


def test_leaves_its_batch_alone():
    images, targets, context = example_batch(8, 3, (6, 5), 0)
    kept = images.clone(), targets.clone()
    RegMixup().loss(Linear(90), composition("erm").criterion, images, targets, np.random.default_rng(0), context)
    assert torch.equal(images, kept[0])
    assert torch.equal(targets, kept[1])


def test_goes_with_a_criterion():
    assert [part.name for part in composition("regmixup+bi_tempered").parts] == ["bi_tempered", "regmixup"]
    assert augmentation("regmixup(alpha=10)").alpha == 10
