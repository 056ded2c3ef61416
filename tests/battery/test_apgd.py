"""APGD against pyautoattack's, on models that saturate and models that do not, and the view that it ascends."""

import pytest
import torch
import torchattacks
from attacked import perturb
from conftest import Scaled
from pyautoattack.autopgd_base import APGDAttack
from torch import Tensor, nn

from mixbench.battery.attack import apgd, ifgsm
from mixbench.battery.battery import examine_group
from mixbench.battery.subject import Subject
from mixbench.battery.views import OrderedView, margin
from mixbench.data.split import Split
from mixbench.results.arrays import ARRAYS
from mixbench.spec.sections.battery import Battery
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.torch_state import library_randomness

EPS = 0.15
STEPS = 50


@pytest.fixture(scope="module")
def few(test_set) -> tuple[Tensor, Tensor]:
    return test_set[0][:100], test_set[1][:100]


def wrong(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        return model(images).argmax(1) != labels


def by_autoattack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Which images AutoAttack's APGD on cross-entropy in float64 fools, from the same random start."""
    made = APGDAttack(model.double(), n_iter=STEPS, norm="Linf", n_restarts=1, eps=EPS, loss="ce", device="cpu")
    made.init_hyperparam(images)
    with library_randomness(stream(SUITE_SEED, "attack")):
        return ~made.attack_single_run(images.double(), labels)[1]


def test_it_fools_what_autoattacks_apgd_fools(model, trained, few):
    images, labels = few
    ours = wrong(trained, perturb(trained, images, labels, apgd, EPS), labels)
    theirs = by_autoattack(model, images, labels)
    assert 0.1 < float(theirs.float().mean()) < 0.9
    assert float((ours != theirs).float().mean()) <= 0.01


def test_large_logits_do_not_weaken_it(trained, few):
    """Plain float32 cross-entropy loses gradients and values there; the ordered margin neither."""
    images, labels = few
    shares = []
    for factor in (100.0, 10_000.0):
        model = Scaled(trained, factor).eval()
        shares.append(float(wrong(model, perturb(model, images, labels, apgd, EPS), labels).float().mean()))
    plain = torchattacks.APGD(model, eps=EPS, steps=50)(images, labels)
    assert abs(shares[0] - shares[1]) <= 0.02
    assert shares[1] > float(wrong(model, plain, labels).float().mean()) + 0.1


def test_it_is_stronger_than_the_fixed_attack(trained, few):
    images, labels = few
    fixed, strong = (wrong(trained, perturb(trained, images, labels, make, EPS), labels) for make in (ifgsm, apgd))
    assert float(strong.float().mean()) >= float(fixed.float().mean())


def test_it_repeats_and_leaves_the_global_generator_alone(trained, few):
    images, labels = few
    before = torch.random.get_rng_state()
    first, again = (perturb(trained, images[:20], labels[:20], apgd, EPS) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.equal(first, images[:20])


def test_the_view_puts_every_wrong_prediction_above_every_right_one_and_then_goes_by_the_margin():
    logits = torch.randn(4000, 5, generator=torch.Generator().manual_seed(0)) * torch.logspace(-2, 5, 4000)[:, None]
    labels = torch.zeros(4000, dtype=torch.long)
    view = OrderedView(nn.Flatten(), labels)
    losses = nn.functional.cross_entropy(view(logits[..., None, None]), view.targets, reduction="none")
    order, right = margin(logits, labels), logits.argmax(1) == 0
    assert losses[right].max() < losses[~right].min()
    for part in (right, ~right):
        assert torch.equal(losses[part].argsort(), order[part].argsort())


def test_its_gradient_has_the_margins_sign_at_every_scale():
    logits = torch.randn(1000, 5, generator=torch.Generator().manual_seed(1)) * torch.logspace(-3, 5, 1000)[:, None]
    labels = torch.zeros(1000, dtype=torch.long)
    signs = []
    for loss in (
        lambda seen: nn.functional.cross_entropy(
            OrderedView(nn.Flatten(), labels)(seen[..., None, None]), labels, reduction="sum"
        ),
        lambda seen: margin(seen.double(), labels).sum(),
    ):
        seen = logits.clone().requires_grad_()
        signs.append(torch.autograd.grad(loss(seen), seen)[0][:, 0].sign())
    assert torch.equal(signs[0], signs[1])
    assert (signs[0] == -1).all()


def test_a_group_is_examined_alone(trained, few):
    images, labels = few
    settings = Battery.model_validate({"eps": EPS, "eps_curve": [0.0, EPS], "pairs": 2})
    found = examine_group(Subject(trained), Split(images, labels, white=1), settings, "apgd")
    assert {array.name for array in ARRAYS if array.group == "apgd"} == found.keys()
    assert (found["apgd.white.rank"] > 1).tolist() == wrong(
        trained, perturb(trained, images, labels, apgd, EPS), labels
    ).tolist()
