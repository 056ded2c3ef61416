"""Bi-Tempered loss against hand-worked values, a bisection and an integral of its own, and published values."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq

from mixbench.augment.build import augmentation
from mixbench.augment.methods.bi_tempered import BiTempered
from mixbench.augment.tools.tempered import bi_tempered, log_tempered_softmax

TEMPERATURES = [(0.0, 2.0), (0.5, 1.5), (0.8, 1.2), (0.9, 1.0), (1.0, 1.3), (1.0, 1.0), (0.6, 0.8), (0.5, 4.0)]


def exp_t(x, t):
    return np.exp(x) if t == 1 else np.maximum(0, 1 + (1 - t) * x) ** (1 / (1 - t))


def log_t(u, t):
    return np.log(u) if t == 1 else (u ** (1 - t) - 1) / (1 - t)


def reference_softmax(logits, t):
    """Bisection over λ, one example after another."""
    rows = []
    for a in logits:
        top = a.max() - log_t(1 / len(a), t) + 1
        rows.append(exp_t(a - brentq(lambda x, a=a: exp_t(a - x, t).sum() - 1, a.max() - 1e-9, top, xtol=1e-15), t))
    return np.array(rows)


def reference_loss(p, y, t1):
    """The Bregman divergence as the integral of log_t1 z − log_t1 p from p to y."""
    terms = [quad(lambda z, b=b: log_t(z, t1) - log_t(b, t1), b, a, epsabs=1e-12)[0] for a, b in zip(y, p, strict=True)]
    return sum(terms)


def draws(n=6, k=5, scale=3.0):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, k)) * scale, rng.dirichlet([0.5] * k, size=n)


@pytest.mark.parametrize(("t1", "t2"), TEMPERATURES)
def test_equals_bisection_and_integral(t1, t2):
    logits, targets = draws()
    if t2 < 1:
        logits = logits / 10  # the integral of log_1 needs p > 0
    p = reference_softmax(logits, t2)
    log_p = BiTempered(t1=t1, t2=t2).log_probabilities(torch.from_numpy(logits))
    np.testing.assert_allclose(log_p.exp(), p, atol=1e-9)
    expected = [reference_loss(*pair, t1) for pair in zip(p, targets, strict=True)]
    np.testing.assert_allclose(bi_tempered(log_p, torch.from_numpy(targets), t1), expected, atol=1e-7)
    ours = BiTempered(t1=t1, t2=t2).criterion(torch.from_numpy(logits), torch.from_numpy(targets))
    assert float(ours) == pytest.approx(np.mean(expected), abs=1e-7)


def test_hand_worked():
    # t2 = 2: p = 1/(λ − a + 1), so for logits 3/2 and 0, with m = λ + 1: 1/(m − 3/2) + 1/m = 1, m = 3.
    # t1 = 0 is half the squared error: ((1 − 2/3)² + (0 − 1/3)²)/2 = 1/9.
    logits, targets = torch.tensor([[1.5, 0.0]]), torch.tensor([[1.0, 0.0]])
    method = BiTempered(t1=0.0, t2=2.0)
    torch.testing.assert_close(method.log_probabilities(logits).exp(), torch.tensor([[2 / 3, 1 / 3]]))
    torch.testing.assert_close(method.criterion(logits, targets), torch.tensor(1 / 9))
    # t2 = 1/2: exp_t(x) = (1 + x/2)², zero from a gap of 2 on.
    far = BiTempered(t2=0.5).log_probabilities(torch.tensor([[3.0, 0.0]]))
    assert far.exp().tolist() == [[1.0, 0.0]]
    assert far.isfinite().all()


def test_published_values():
    # google/bi-tempered-loss, tensorflow/loss_test.py: five iterations, hence the tolerance.
    targets = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.2, 0.8, 0.0]])
    logits = torch.tensor([[-0.5, 0.1, 2.0], [0.1, 1.5, -5.0], [4.0, -3.0, -6.0]])
    for t2, expected in ((1.5, [0.02301914, 0.18972909, 0.93874922]), (0.8, [0.21646356, 0.41836615, 1.33997854])):
        actual = bi_tempered(log_tempered_softmax(logits, t2), targets, 0.5)
        torch.testing.assert_close(actual, torch.tensor(expected), atol=1e-3, rtol=0)
    one, given = logits[:1], torch.tensor([[0.2, 0.5, 0.3]])
    for t1, t2, expected in ((0.9, 1.1, 0.45677936), (0.8, 1.2, 0.34298314), (0.7, 1.3, 0.26295574)):
        assert float(BiTempered(t1=t1, t2=t2).criterion(one, given)) == pytest.approx(expected, abs=1e-5)


def test_is_cross_entropy_at_one_up_to_the_targets_entropy():
    logits, targets = (torch.from_numpy(array) for array in draws())
    cross_entropy = torch.nn.functional.cross_entropy(logits, targets)
    entropy = torch.special.entr(targets).sum(1).mean()
    torch.testing.assert_close(BiTempered(t1=1.0, t2=1.0).criterion(logits, targets), cross_entropy - entropy)
    hard = torch.nn.functional.one_hot(targets.argmax(1), 5).double()
    expected = torch.nn.functional.cross_entropy(logits, hard)
    torch.testing.assert_close(BiTempered(t1=1.0, t2=1.0).criterion(logits, hard), expected)
    near = BiTempered(t1=1 - 1e-9, t2=1 + 1e-9).criterion(logits, hard)
    torch.testing.assert_close(near, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("t1", "t2"), TEMPERATURES)
def test_gradients(t1, t2):
    logits, targets = (torch.from_numpy(array) for array in draws(n=3, scale=0.5))
    targets[0] = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0])
    logits.requires_grad_()
    method = BiTempered(t1=t1, t2=t2)
    assert torch.autograd.gradcheck(lambda a: method.criterion(a, targets), logits)
    assert torch.autograd.gradgradcheck(lambda a: method.criterion(a, targets), logits)
    assert torch.autograd.gradcheck(method.log_probabilities, logits)


@pytest.mark.parametrize("t2", [0.5, 0.8, 0.99, 1.0, 1.01, 1.2, 2.0, 4.0])
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e4])
def test_is_safe_in_float32(t2, scale):
    generator = torch.Generator().manual_seed(0)
    for k in (2, 10, 1000):
        logits = (torch.randn(20, k, generator=generator) * scale).requires_grad_()
        targets = torch.nn.functional.one_hot(torch.arange(20) % k, k).float()
        method = BiTempered(t2=t2)
        sums = method.log_probabilities(logits).exp().sum(1)
        torch.testing.assert_close(sums, torch.ones(20), atol=1e-5, rtol=0)
        doubled = method.log_probabilities(logits.double()).exp().sum(1)
        assert float((doubled - 1).abs().max().detach()) < 1e-6
        loss = method.criterion(logits, targets)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert loss.isfinite()
        assert gradient.isfinite().all()


def test_is_the_same_under_bfloat16_autocast():
    logits, targets = (torch.from_numpy(array).float() for array in draws())
    plain = BiTempered().criterion(logits, targets)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(BiTempered().criterion(logits, targets), plain)
    assert BiTempered().log_probabilities(logits.bfloat16()).dtype == torch.float32


def test_is_bounded_for_an_outlier():
    # As p of the label goes to 0: −log_t1 p goes to 1/(1 − t1), and the two powers cancel, being both 1.
    loss = BiTempered().criterion(torch.tensor([[1e30, 0.0]]).double(), torch.tensor([[0.0, 1.0]]))
    assert float(loss) == pytest.approx(1 / 0.2, rel=1e-4)


def test_is_not_linear_in_the_target_but_in_its_sum():
    logits, targets = (torch.from_numpy(array) for array in draws())
    mixed = BiTempered().criterion(logits, targets)
    per_class = [BiTempered().criterion(logits, torch.eye(5)[[c] * 6] * targets[:, [c]]) for c in range(5)]
    assert abs(float(mixed - sum(per_class))) > 0.1
    torch.testing.assert_close(BiTempered().criterion(logits, targets * 1.7), mixed * 1.7)


def test_belongs_to_a_composition():
    whole = augmentation("cutmix+bi_tempered(t2=1.5)")
    logits, targets = (torch.from_numpy(array) for array in draws())
    assert torch.equal(whole.criterion(logits, targets), BiTempered(t2=1.5).criterion(logits, targets))
    assert torch.equal(whole.log_probabilities(logits), BiTempered(t2=1.5).log_probabilities(logits))
    assert whole.link == "tempered_softmax(t2=1.5)"
    assert BiTempered().link == "tempered_softmax(t2=1.2)"
