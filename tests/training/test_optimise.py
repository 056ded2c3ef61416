"""Learning rates of every schedule, worked by hand, and the optimisers a budget asks for."""

import pytest
import torch
from torch import nn

from mixbench.spec.sections.training import AdamW, Budget, Decay, Sgd, Steps
from mixbench.spec.suite import Suite, load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.optimise import optimiser, rate_factor, set_rate
from mixbench.training.train import train

LINEAR = Decay(name="linear", warmup_epochs=0, warmup_start=0)
COSINE = Decay(name="cosine", warmup_epochs=0, warmup_start=0)
CIFAR = Steps(name="steps", warmup_epochs=0, warmup_start=1, milestones=[100, 150], factor=0.1)
IMAGENET = Steps(name="steps", warmup_epochs=5, warmup_start=0.25, milestones=[30, 60, 80], factor=0.1)


@pytest.mark.parametrize(("at", "factor"), [(0, 1), (2.5, 0.75), (5, 0.5), (9.5, 0.05), (10, 0)])
def test_linear(at, factor):
    assert rate_factor(LINEAR, float(at), 10) == pytest.approx(factor)


@pytest.mark.parametrize(("at", "factor"), [(0, 1), (10 / 3, 0.75), (5, 0.5), (20 / 3, 0.25), (10, 0)])
def test_cosine(at, factor):
    """(1 + cos(π t))/2 is 3/4 at a third and 1/4 at two thirds."""
    assert rate_factor(COSINE, float(at), 10) == pytest.approx(factor)


@pytest.mark.parametrize("name", ["linear", "cosine"])
@pytest.mark.parametrize(("at", "factor"), [(0, 0.1), (1, 0.55), (2, 1), (7, 0.5), (12, 0)])
def test_warm_up_and_then_the_rest_of_the_training(name, at, factor):
    schedule = Decay(name=name, warmup_epochs=2, warmup_start=0.1)
    assert rate_factor(schedule, float(at), 12) == pytest.approx(factor)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_warm_up_of_the_whole_training_ends_high(name):
    schedule = Decay(name=name, warmup_epochs=3, warmup_start=0)
    assert [rate_factor(schedule, float(at), 3) for at in (0, 1.5, 2.7)] == pytest.approx([0, 0.5, 0.9])


@pytest.mark.parametrize(
    ("at", "rate"),
    [(0, 0.1), (99.999, 0.1), (100, 0.01), (149.999, 0.01), (150, 0.001), (199.999, 0.001)],
)
def test_mixups_cifar_schedule(at, rate):
    """0.1 divided by 10 after 100 and 150 of 200 epochs. Zhang et al., mixup, 2018, §3.2."""
    assert 0.1 * rate_factor(CIFAR, float(at), 200) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        (0, 0.1),
        (2.5, 0.25),
        (4, 0.34),
        (5, 0.4),
        (29.999, 0.4),
        (30, 0.04),
        (59.999, 0.04),
        (60, 0.004),
        (79.999, 0.004),
        (80, 0.0004),
        (89.999, 0.0004),
    ],
)
def test_mixups_imagenet_schedule(at, rate):
    """0.1 to 0.4 over 5 epochs, divided by 10 after 30, 60 and 80 of 90. Zhang et al., mixup, 2018, §3.1."""
    assert 0.4 * rate_factor(IMAGENET, float(at), 90) == pytest.approx(rate)


EPOCHS = {
    "cifar10": {0: 0.1, 99: 0.1, 100: 0.01, 149: 0.01, 150: 0.001, 199: 0.001},
    "cifar100": {0: 0.1, 99: 0.1, 100: 0.01, 149: 0.01, 150: 0.001, 199: 0.001},
    "imagenet": {0: 0.1, 1: 0.16, 4: 0.34, 5: 0.4, 29: 0.4, 30: 0.04, 59: 0.04, 60: 4e-3, 79: 4e-3, 80: 4e-4, 89: 4e-4},
}
"""The learning rate of an epoch's first step, epochs from 0, by hand from the mixup paper's §3.1 and §3.2."""


@pytest.mark.parametrize("name", EPOCHS)
def test_the_shipped_suites_have_the_papers_budgets(name):
    budget = load_suite(name).training
    assert budget.epochs == {"imagenet": 90}.get(name, 200)
    assert budget.batch_size == {"imagenet": 1024}.get(name, 128)
    assert budget.optimizer.model_dump(exclude={"learning_rate"}) == {
        "name": "sgd", "momentum": 0.9, "nesterov": False, "weight_decay": 1e-4,
    }  # fmt: skip
    for epoch, rate in EPOCHS[name].items():
        found = budget.optimizer.learning_rate * rate_factor(budget.schedule, float(epoch), budget.epochs)
        assert found == pytest.approx(rate, rel=1e-12), epoch


@pytest.mark.parametrize("name", EPOCHS)
def test_the_rate_falls_at_an_epochs_start_and_not_a_step_before(name):
    """Steps are counted as the loop does, epoch + step / steps, here 391 of 128 images or 1,252 of 1,024."""
    budget, steps = load_suite(name).training, {"imagenet": 1252}.get(name, 391)
    for milestone in {"imagenet": [30, 60, 80]}.get(name, [100, 150]):
        before = rate_factor(budget.schedule, milestone - 1 + (steps - 1) / steps, budget.epochs)
        first = rate_factor(budget.schedule, milestone + 0 / steps, budget.epochs)
        assert first == pytest.approx(before / 10, rel=1e-12)
        assert rate_factor(budget.schedule, milestone + (steps - 1) / steps, budget.epochs) == first


def test_a_training_takes_its_steps_at_those_rates(monkeypatch):
    """Six epochs of two steps on real digits: warm-up over two epochs from a quarter, a tenth from the fourth on."""
    rates = []
    monkeypatch.setattr("mixbench.training.train.set_rate", lambda optimiser, rate: rates.append(rate))
    digits = load_suite("digits").written
    schedule = {"name": "steps", "warmup_epochs": 2, "warmup_start": 0.25, "milestones": [4], "factor": 0.1}
    sgd = {"name": "sgd", "learning_rate": 0.4, "momentum": 0.9, "nesterov": False, "weight_decay": 1e-4}
    changes = {"epochs": 6, "batch_size": 719, "optimizer": sgd, "schedule": schedule}
    written = {**digits, "training": {**digits["training"], **changes}}
    rest = {"augmentation": "erm", "method_versions": {"erm": 1}, "noise": 0.0, "seed": 0, "device": "cpu"}
    suite = Suite.model_validate({**written, "written": written})
    train(TrainingSpec.of(suite, backbone="test_resnet", **rest))
    assert rates == pytest.approx([0.1, 0.175, 0.25, 0.325, *[0.4] * 4, *[0.04] * 4])


def budget(settings: Sgd | AdamW) -> Budget:
    return Budget(epochs=1, batch_size=2, precision="float32", threads=1, optimizer=settings, schedule=LINEAR)


def test_sgd_takes_the_step_of_its_definition():
    """With momentum 0.9 and weight decay 0.1: v = g + 0.1 w, then v' = 0.9 v + (g' + 0.1 w'), each times the rate."""
    weight = nn.Parameter(torch.tensor([1.0]))
    settings = Sgd(name="sgd", learning_rate=0.5, momentum=0.9, nesterov=False, weight_decay=0.1)
    sgd = optimiser([weight], budget(settings))
    expected = [1 - 0.5 * 2.1, -0.05 - 0.5 * (0.9 * 2.1 + 2 - 0.005)]
    for value in expected:
        weight.grad = torch.tensor([2.0])
        sgd.step()
        assert weight.item() == pytest.approx(value)


def test_nesterov_reaches_torch():
    settings = Sgd(name="sgd", learning_rate=0.5, momentum=0.9, nesterov=True, weight_decay=0.0)
    weight = nn.Parameter(torch.tensor([1.0]))
    sgd = optimiser([weight], budget(settings))
    weight.grad = torch.tensor([2.0])
    sgd.step()
    assert weight.item() == pytest.approx(1 - 0.5 * (2 + 0.9 * 2))


def test_adamw_decays_apart_from_the_gradient():
    """The first step is the rate times the gradient's sign, after the weight shrinks by rate × decay."""
    weight = nn.Parameter(torch.tensor([1.0]))
    adamw = optimiser([weight], budget(AdamW(name="adamw", learning_rate=0.01, weight_decay=0.5)))
    weight.grad = torch.tensor([3.0])
    adamw.step()
    assert weight.item() == pytest.approx(1 * (1 - 0.005) - 0.01, abs=1e-6)


def test_set_rate_reaches_every_group():
    weights = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    sgd = torch.optim.SGD([{"params": [w], "lr": rate} for w, rate in zip(weights, (0.1, 0.2), strict=True)])
    set_rate(sgd, 0.03)
    assert [group["lr"] for group in sgd.param_groups] == [0.03, 0.03]
