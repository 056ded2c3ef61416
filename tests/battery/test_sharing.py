"""What the battery shares between attacks changes no bit: each number against passes of its own."""

import numpy as np
import pytest
import torch
from attacked import perturb
from conftest import Scaled
from torch import Tensor, nn

from mixbench.battery.adversarial import look, transfer_examples
from mixbench.battery.attack import ATTACKS, attacking, fgsm, ifgsm, perturb_batch
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject
from mixbench.battery.views import AttackError, MarginView, PlainView, margin
from mixbench.data.split import Split
from mixbench.spec.sections.battery import Battery

EPS = [0.05, 0.1]
SETTINGS = Battery.model_validate({"eps": 0.1, "eps_curve": [0.0, *EPS], "pairs": 2})


@pytest.fixture(scope="module")
def split(splits) -> Split:
    """More than a batch, the second one smaller."""
    return Split(splits[0].images[:700], splits[0].labels[:700], splits[0].white)


@pytest.fixture(scope="module", params=[1.0, 30.0, 5000.0])
def subject(request, trained) -> nn.Module:
    """Scaled logits saturate, so that some or nearly all images have no plain gradient."""
    return Scaled(trained, request.param).eval()


@pytest.fixture(scope="module")
def outcomes(subject, trained, split) -> dict[str, np.ndarray]:
    def transfer(part: slice) -> dict[str, Tensor]:
        return transfer_examples(trained, split.pixels(part), split.labels[part], SETTINGS.eps)

    return examine(Subject(subject), split, SETTINGS, "some", transfer)


@torch.no_grad()
def predicted(model: nn.Module, images: Tensor) -> np.ndarray:
    return torch.cat([model(part) for part in images.split(512)]).argmax(1).numpy()


@pytest.mark.parametrize("attack", ["fgsm", "ifgsm"])
def test_attacks_are_those_that_take_every_step_themselves(subject, trained, split, outcomes, attack):
    images, labels = split.pixels(), split.labels
    for box, model in (("white", subject), ("black", trained)):
        alone = predicted(subject, perturb(model, images, labels, ATTACKS[attack], SETTINGS.eps))
        assert np.array_equal(outcomes[f"{attack}.{box}.predicted"], alone)
    for row, eps in enumerate(SETTINGS.eps_curve):
        changed = perturb(subject, images, labels, ATTACKS[attack], eps) if eps else images
        wrong = predicted(subject, changed) != labels.numpy()
        assert np.array_equal(outcomes[f"curve.{attack}.white.wrong"][row], wrong)


def test_the_plain_attack_is_the_one_that_takes_its_own_step(subject, split, outcomes):
    plain = perturb(subject, split.pixels(), split.labels, fgsm, SETTINGS.eps, PlainView)
    assert np.array_equal(outcomes["fgsm.plain.predicted"], predicted(subject, plain))


def test_who_has_no_gradient_is_said_by_a_pass_for_each_loss(subject, split, outcomes):
    losses = {
        "zero_gradient": lambda logits, labels: nn.functional.cross_entropy(logits, labels, reduction="sum"),
        "stuck": lambda logits, labels: margin(logits, labels).sum(),
    }
    for name, loss in losses.items():
        none = []
        for images, labels in zip(split.pixels().split(512), split.labels.split(512), strict=True):
            images.requires_grad_()
            (gradient,) = torch.autograd.grad(loss(subject(images), labels), images)
            none += (gradient == 0).flatten(1).all(1).tolist()
        assert outcomes[name].tolist() == none


@pytest.mark.parametrize("eps", EPS)
@pytest.mark.parametrize("make", [fgsm, ifgsm])
@pytest.mark.parametrize("view", [MarginView, PlainView])
def test_a_known_start_gives_the_same_examples(subject, test_set, make, view, eps):
    images, labels = test_set
    seen = look(subject, images, labels)
    start = seen.margins if view is MarginView else seen.plain
    with attacking(subject):
        shared = perturb_batch(subject, images, labels, make, eps, view, start)
    assert torch.equal(shared, perturb(subject, images, labels, make, eps, view))


def test_batches_alone_are_the_whole(trained, split, outcomes):
    """Of a split that ends within a batch nothing is lost, doubled or moved."""
    assert {len(values) for name, values in outcomes.items() if name.endswith("predicted")} == {700}
    clean = predicted(trained, split.pixels())
    assert np.array_equal(outcomes["clean.predicted"], clean)


def test_a_start_elsewhere_is_refused(trained, test_set):
    images, labels = test_set
    start = look(trained, images, labels).margins
    with attacking(trained), pytest.raises(AttackError, match="first step from the images themselves"):
        perturb_batch(trained, images.flip(0), labels, fgsm, 0.1, start=start)


class Faint(nn.Module):
    """A model whose gradients are faint."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        if images.requires_grad:
            images = images * 1
            images.register_hook(lambda gradient: gradient * 1e-44)
        return self.model(images)


def test_a_gradient_that_vanishes_in_the_mean_alone_is_no_zero_gradient(trained, test_set):
    """A float32 of 1e-44 is left by the sum over images, and nothing by their mean."""
    faint, (images, labels) = Faint(trained).eval(), test_set
    seen = look(faint, images, labels)
    images = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(margin(faint(images), labels).sum(), images)
    none = (gradient == 0).flatten(1).all(1)
    assert torch.equal(seen.stuck, none)
    assert (seen.margins.gradient == 0).all()
    assert not none.all()
