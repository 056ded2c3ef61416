"""RankMixup: both ranking losses by hand, and the step against the authors' formula on the same draws."""

import numpy as np
import pytest
import torch
from sklearn.metrics import dcg_score

from mixbench.augment.build import augmentation, canonical, composition
from mixbench.augment.methods.rankmixup import RankMixup
from mixbench.augment.tools.ranking import margin_loss, ndcg_loss
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch

LOG3 = np.log2(3)


def test_ndcg_by_hand():
    """Shares 1, 0.6, 0.9 are ranked 1, 0.9, 0.6; confidences 0.8, 0.5, 0.7 follow them."""
    gained = 0.8 + 0.7 / LOG3 + 0.5 / 2
    ideal = 1 + 0.9 / LOG3 + 0.6 / 2
    loss = ndcg_loss(torch.tensor([[0.8], [0.5], [0.7]]), torch.tensor([[1], [0.6], [0.9]]))
    assert float(loss) == pytest.approx(1 - gained / ideal, abs=1e-6)
    assert gained / ideal == pytest.approx(0.7986, abs=1e-4)


def test_ndcg_punishes_too_much_confidence_too():
    loss = ndcg_loss(torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0], [0.5]]))
    assert float(loss) == pytest.approx(1 - (1 + 0.5 / LOG3) / (1 + 1 / LOG3), abs=1e-6)


def test_ndcg_is_scikit_learns():
    rng = np.random.default_rng(0)
    confidences, shares = rng.random((4, 9)), rng.random((4, 9))
    ratios = [dcg_score([c], [t]) / dcg_score([t], [t]) for c, t in zip(confidences.T, shares.T, strict=True)]
    expected = np.mean([1 - min(ratio, 1 / ratio) for ratio in ratios])
    assert float(ndcg_loss(torch.from_numpy(confidences), torch.from_numpy(shares))) == pytest.approx(expected)


def test_margin_by_hand_masks_each_pair():
    """Hinges 3, 0 and 1.5, of which the last pair shares its label; a mask times a column would scale their mean."""
    clean = torch.tensor([[1.0, 0], [5, 0], [0, 2.5]])
    mixed = torch.tensor([[0, 2.0], [1, 0], [2, 1]])
    differ = torch.tensor([True, True, False])
    assert float(margin_loss(clean, mixed, differ, 2.0)) == pytest.approx((3 + 0) / 3)
    hinges = (mixed.max(1).values - clean.max(1).values + 2).clamp(min=0)
    assert float((differ * hinges[:, None]).mean()) == pytest.approx(2 / 3 * 4.5 / 3)


class Linear(torch.nn.Module):
    def __init__(self, features=90):
        super().__init__()
        weight = torch.randn(3, features, generator=torch.Generator().manual_seed(0))
        self.weight = torch.nn.Parameter(weight)
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return images.flatten(1) @ self.weight.T


def step(method, seed):
    images, targets, context = example_batch(8, 3, (6, 5), 0)
    model = Linear()
    loss = method.loss(model, composition("erm").criterion, images, targets, np.random.default_rng(seed), context)
    return model, images, targets, loss


def redrawn(method, images, targets, seed):
    """The mixed batches and their targets, drawn again by hand."""
    rng = np.random.default_rng(seed)
    for _ in range(method.versions):
        share, order = rng.beta(method.alpha, method.alpha), torch.from_numpy(rng.permutation(8))
        yield share * images + (1 - share) * images[order], share * targets + (1 - share) * targets[order]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("versions", [1, 3])
def test_step_ranks_each_image_s_versions(seed, versions):
    method = RankMixup(versions=versions, weight=0.7)
    model, images, targets, loss = step(method, seed)
    with torch.no_grad():
        clean = Linear()(images)
        drawn = [(Linear()(mixed), mixed_targets) for mixed, mixed_targets in redrawn(method, images, targets, seed)]
    losses = []
    for i in range(8):
        ranked = sorted(drawn, key=lambda version: -float(version[1][i].max()))
        confidences = [clean[i].softmax(0).max(), *(logits[i].softmax(0).max() for logits, _ in ranked)]
        shares = [1.0, *(target[i].max() for _, target in ranked)]
        gained = sum(c / np.log2(j + 2) for j, c in enumerate(confidences))
        ideal = sum(t / np.log2(j + 2) for j, t in enumerate(shares))
        losses.append(1 - min(gained / ideal, ideal / gained))
    entropy = -(targets * clean.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss.detach(), entropy + 0.7 * torch.stack(losses).mean(), rtol=1e-5, atol=1e-5)
    assert [len(seen) for seen in model.seen] == [8, 8 * versions]
    assert sum(len(seen) for seen in model.seen) == 8 * method.forward_passes


@pytest.mark.parametrize("seed", range(5))
def test_margin_step(seed):
    method = RankMixup(ranking="mrl", versions=1, weight=0.7, margin=1.5)
    _, images, targets, loss = step(method, seed)
    with torch.no_grad():
        clean = Linear()(images)
        ((mixed, mixed_targets),) = redrawn(method, images, targets, seed)
        hinges = (Linear()(mixed).max(1).values - clean.max(1).values + 1.5).clamp(min=0)
        differ = mixed_targets.max(1).values < 1 - 1e-6
    entropy = -(targets * clean.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss.detach(), entropy + 0.7 * (hinges * differ).mean(), rtol=1e-5, atol=1e-5)
    assert 0 < int(differ.sum()) < 8


def test_the_ranking_trains_the_model():
    method = RankMixup(weight=1.0)
    model, _, _, loss = step(method, 0)
    plain = step(RankMixup(weight=0.0), 0)
    (with_ranking,) = torch.autograd.grad(loss, model.weight)
    (without,) = torch.autograd.grad(plain[3], plain[0].weight)
    assert float((with_ranking - without).abs().max()) > 1e-4


def test_margin_goes_with_one_version():
    with pytest.raises(MixBenchError, match="add versions=1"):
        augmentation("rankmixup(ranking=mrl)")
    assert augmentation("rankmixup(ranking=mrl,versions=1)").forward_passes == 2
    assert augmentation("rankmixup").forward_passes == 4
    assert "versions=3,alpha=2.0,weight=0.1" in canonical(augmentation("rankmixup"))
