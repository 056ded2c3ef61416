"""The attacks against plain torchattacks, foolbox and attacks written out by hand."""

import warnings

import pytest
import torch
import torchattacks
from attacked import perturb
from torch import Tensor, nn

from mixbench.battery.attack import ATTACKS, fgsm, ifgsm
from mixbench.battery.views import MarginView, PlainView, margin

with warnings.catch_warnings():
    # foolbox imports from a module that scipy has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import foolbox

EPS = [0.03, 0.1]


@pytest.fixture(scope="module")
def smooth() -> nn.Module:
    """Random weights: confidences near 1/10, so that nothing saturates."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 40), nn.Tanh(), nn.Linear(40, 10)).eval()


def plain_torchattacks(model: nn.Module, name: str, images: Tensor, labels: Tensor, eps: float) -> Tensor:
    attack = {
        "fgsm": torchattacks.FGSM(model, eps=eps),
        "ifgsm": torchattacks.BIM(model, eps=eps, alpha=eps / 10, steps=10),
    }[name]
    return attack(images, labels)


def by_foolbox(model: nn.Module, name: str, images: Tensor, labels: Tensor, eps: float) -> Tensor:
    attack = {
        "fgsm": foolbox.attacks.FGSM(random_start=False),
        "ifgsm": foolbox.attacks.LinfBasicIterativeAttack(rel_stepsize=0.1, steps=10, random_start=False),
    }[name]
    return attack(foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu"), images, labels, epsilons=eps)[1]


def by_hand(model: nn.Module, images: Tensor, labels: Tensor, eps: float, steps: int) -> Tensor:
    """Ascend the margin in float64, weights included: step, project on ball and range, repeat."""
    start, attacked, exact = images.double(), images.double(), model.double()
    for _ in range(steps):
        attacked = attacked.requires_grad_()
        logits = exact(attacked)
        others = logits.masked_fill(nn.functional.one_hot(labels, 10).bool(), -torch.inf).logsumexp(1)
        (others - logits[torch.arange(len(labels)), labels]).sum().backward()
        step = attacked.detach() + eps / steps * attacked.grad.sign()
        attacked = step.clamp(start - eps, start + eps).clamp(0, 1).detach()
    return attacked.float()


def share_equal(first: Tensor, second: Tensor) -> float:
    return float(((first - second).abs() <= 1e-6).float().mean())


@pytest.mark.parametrize("eps", EPS)
@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_plain_view_is_torchattacks_bit_for_bit(trained, test_set, name, eps):
    images, labels = test_set
    expected = plain_torchattacks(trained, name, images, labels, eps)
    assert (expected - images).abs().max() > eps / 2
    assert torch.equal(perturb(trained, images, labels, ATTACKS[name], eps, PlainView), expected)


@pytest.mark.parametrize("eps", EPS)
@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_plain_view_agrees_with_foolbox(smooth, test_set, name, eps):
    images, labels = test_set[0][:128], test_set[1][:128]
    expected = by_foolbox(smooth, name, images, labels, eps)
    assert (perturb(smooth, images, labels, ATTACKS[name], eps, PlainView) - expected).abs().max() <= 1e-6


@pytest.mark.parametrize("eps", EPS)
@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_margin_view_agrees_with_torchattacks_where_nothing_saturates(smooth, test_set, name, eps):
    images, labels = test_set
    expected = plain_torchattacks(smooth, name, images, labels, eps)
    assert share_equal(perturb(smooth, images, labels, ATTACKS[name], eps), expected) > 0.999


@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_margin_view_agrees_with_foolbox_where_nothing_saturates(smooth, test_set, name):
    images, labels = test_set
    expected = by_foolbox(smooth, name, images, labels, 0.1)
    assert share_equal(perturb(smooth, images, labels, ATTACKS[name], 0.1), expected) > 0.999


@pytest.mark.parametrize(("make", "steps"), [(fgsm, 1), (ifgsm, 10)])
def test_margin_view_agrees_with_a_float64_margin_attack_by_hand(model, trained, test_set, make, steps):
    images, labels = test_set
    expected = by_hand(model, images, labels, 0.1, steps)
    assert share_equal(perturb(trained, images, labels, make, 0.1), expected) > 0.98


def test_margin_view_has_the_gradient_sign_of_cross_entropy(smooth, test_set):
    images, labels = test_set
    signs = []
    for view in (MarginView(smooth, labels), PlainView(smooth, labels)):
        pixels = images.clone().requires_grad_()
        loss = nn.functional.cross_entropy(view(pixels), view.targets, reduction="sum")
        signs.append(torch.autograd.grad(loss, pixels)[0].sign())
    assert signs[0].abs().sum() > 0
    assert float((signs[0] == signs[1]).float().mean()) > 0.999


def test_cross_entropy_is_softplus_of_the_margin():
    logits = torch.randn(50, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 4
    labels = torch.arange(50) % 7
    losses = nn.functional.cross_entropy(logits, labels, reduction="none")
    torch.testing.assert_close(nn.functional.softplus(margin(logits, labels)), losses)


def test_margin_by_hand():
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1000.0, 0.0]])
    expected = torch.tensor([0.6931471805599453 - 2, 1000.0], dtype=torch.float64)
    torch.testing.assert_close(margin(logits, torch.tensor([0, 2])), expected)


def test_each_image_is_attacked_as_if_alone(trained, test_set):
    images, labels = test_set[0].repeat(2, 1, 1, 1), test_set[1].repeat(2)
    together = perturb(trained, images, labels, ifgsm, 0.1)
    alone = torch.cat([perturb(trained, images[i : i + 1], labels[i : i + 1], ifgsm, 0.1) for i in (0, 300, 600)])
    torch.testing.assert_close(together[[0, 300, 600]], alone, atol=1e-6, rtol=0)
    assert len(together) == 720
