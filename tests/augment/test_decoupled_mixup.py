"""Decoupled Mixup: hand-worked terms, and the sum over a batch written out class by class."""

import math

import numpy as np
import pytest
import torch

from mixbench.augment.build import composition
from mixbench.augment.methods.decoupled_mixup import DecoupledMixup
from mixbench.spec.errors import MixBenchError

LN = math.log


def cross_entropy(logits, targets):
    return -(targets * logits.log_softmax(1)).sum(1).mean()


def extra(logits, targets, **params):
    """What is added to cross-entropy."""
    return float(DecoupledMixup(**params).criterion(logits, targets) - cross_entropy(logits, targets))


def test_by_hand():
    """e^z = 1, 2, 5, shares 0.7 and 0.3 of the first two: ln(1 + 5) − ln 1 = ln 6 and ln(2 + 5) − ln 2 = ln 3.5."""
    logits, targets = torch.tensor([[1.0, 2, 5]]).log(), torch.tensor([[0.7, 0.3, 0]])
    assert extra(logits, targets, eta=1.0) == pytest.approx(0.7 * LN(6) + 0.3 * LN(3.5), abs=1e-6)
    assert extra(logits, targets, eta=0.1) == pytest.approx(0.163, abs=1e-3)
    assert extra(logits, targets, eta=1.0, q=0.0) == pytest.approx(LN(6) + LN(3.5), abs=1e-5)
    assert extra(logits, targets, eta=1.0, q=0.5, terms="less") == pytest.approx(0.3**0.5 * LN(3.5), abs=1e-6)
    assert extra(logits, targets, eta=1.0, q=2.0, terms="more") == pytest.approx(0.49 * LN(6), abs=1e-6)


def test_each_image_s_own_shares_weigh():
    """The order of the classes' numbers does not matter, unlike in the authors' code."""
    logits = torch.tensor([[1.0, 2, 5], [2, 1, 5]]).log()
    targets = torch.tensor([[0.7, 0.3, 0], [0.3, 0.7, 0]])
    first, second = (extra(logits[[i]], targets[[i]], eta=1.0) for i in (0, 1))
    assert first == pytest.approx(second, abs=1e-6)


def test_halves():
    logits, targets = torch.tensor([[1.0, 2, 5]]).log(), torch.tensor([[0.5, 0.5, 0]])
    whole = 0.5 * LN(6) + 0.5 * LN(3.5)
    assert extra(logits, targets, eta=1.0) == pytest.approx(whole, abs=1e-6)
    for terms in ("less", "more"):
        assert extra(logits, targets, eta=1.0, terms=terms) == pytest.approx(whole / 2, abs=1e-6)


def test_images_of_one_class_have_cross_entropy_alone():
    logits = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    targets = torch.eye(5)[:4]
    nearly = targets.roll(1, 1) * 5e-4 + targets * (1 - 5e-4)
    assert extra(logits, targets, eta=1.0) == 0
    assert extra(logits, nearly, eta=1.0) == pytest.approx(0, abs=1e-7)


def test_two_classes_leave_nothing_to_decouple():
    logits, targets = torch.tensor([[0.3, -2.0]], requires_grad=True), torch.tensor([[0.6, 0.4]])
    loss = DecoupledMixup(eta=5.0).criterion(logits, targets)
    loss.backward()
    torch.testing.assert_close(loss, cross_entropy(logits, targets))
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("terms", ["both", "less", "more"])
@pytest.mark.parametrize("q", [0.0, 0.5, 1.0])
def test_is_the_formula_written_out(terms, q):
    rng = np.random.default_rng(0)
    n, k = 40, 7
    logits, shares = rng.normal(0, 3, (n, k)), rng.uniform(0.05, 0.95, n)
    pairs, targets, expected = rng.integers(k, size=(n, 2)), np.zeros((n, k)), []
    for z, (a, b), share, target in zip(logits, pairs, shares, targets, strict=True):
        target[a] += share
        target[b] += 1 - share
        value = -(target * (z - np.log(np.exp(z).sum()))).sum()
        for own, other, part in ((a, b, share), (b, a, 1 - share)):
            taken = terms == "both" or (terms == "less") == (part < 0.5)
            if a != b and taken:
                value += 0.3 * part**q * (np.log(sum(np.exp(z[j]) for j in range(k) if j != other)) - z[own])
        expected.append(value)
    assert len({a == b for a, b in pairs}) == 2
    ours = DecoupledMixup(eta=0.3, q=q, terms=terms).criterion(torch.from_numpy(logits), torch.from_numpy(targets))
    assert float(ours) == pytest.approx(np.mean(expected), abs=1e-9)


def test_gradients_are_those_of_the_formula():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 4, generator=generator, dtype=torch.double, requires_grad=True)
    targets = torch.tensor([[0.7, 0.3, 0, 0], [0, 0, 0.1, 0.9], [0, 1, 0, 0]], dtype=torch.double)
    assert torch.autograd.gradcheck(lambda z: DecoupledMixup(eta=1.0).criterion(z, targets), logits)


@pytest.mark.parametrize("spec", ["mixup", "cutmix", "resizemix", "fmix", "saliencymix", "manifold_mixup", "regmixup"])
def test_goes_with_the_authors_mixers(spec):
    assert "decoupled_mixup" in {part.name for part in composition(f"{spec}+decoupled_mixup").parts}


def test_does_not_combine_with_another_criterion():
    with pytest.raises(MixBenchError, match="both are the criterion"):
        composition("bi_tempered+decoupled_mixup")


@pytest.mark.parametrize("dense", ["label_smoothing", "mixup(k=3)", "mosaic", "snapmix", "mosaic|cutmix"])
def test_refuses_targets_of_more_classes(dense):
    with pytest.raises(MixBenchError, match="reads the two mixed classes back"):
        composition(f"{dense}+decoupled_mixup")
