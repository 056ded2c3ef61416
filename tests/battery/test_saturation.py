"""A confident model is not a robust one: the margin attack sees through saturated logits."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mixbench.runs.evaluation import Evaluation, evaluate

EPS = 0.1
FEW_POINTS = 0.04


@pytest.fixture(scope="module")
def by_scale(trained, test_set) -> dict[float, Evaluation]:
    class Scaled(nn.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.model, self.factor = trained, factor

        def forward(self, images: Tensor) -> Tensor:
            return self.model(images) * self.factor

    return {k: evaluate(Scaled(k), *test_set, eps=EPS, eps_curve=[EPS]) for k in (1.0, 3.0, 5000.0)}


def value(evaluation: Evaluation, name: str) -> float:
    return evaluation.readings[name].value


def names(evaluation: Evaluation) -> set[str]:
    return {flag.split(":")[0] for flag in evaluation.flags}


def float64_margin_error(model: nn.Module, images: Tensor, labels: Tensor, factor: float, steps: int) -> float:
    """FGSM or I-FGSM by hand: float64 weights, float64 pixels, margin ascended."""
    start, attacked = images.double(), images.double()
    true = nn.functional.one_hot(labels, 10).bool()
    for _ in range(steps):
        attacked = attacked.requires_grad_()
        logits = model(attacked) * factor
        m = logits.masked_fill(true, -torch.inf).logsumexp(1) - logits[true]
        step = attacked.detach() + EPS / steps * torch.autograd.grad(m.sum(), attacked)[0].sign()
        attacked = step.clamp(start - EPS, start + EPS).clamp(0, 1).detach()
    return float((model(attacked).argmax(1) != labels).double().mean())


def test_the_model_is_worth_attacking(by_scale):
    assert value(by_scale[1.0], "clean.top1_error") < 0.04
    assert 0.2 < value(by_scale[1.0], "fgsm.white.top1_error") < 0.7


@pytest.mark.parametrize("factor", [3.0, 5000.0])
def test_scaled_logits_keep_the_white_box_readings(by_scale, factor):
    assert value(by_scale[factor], "clean.top1_error") == value(by_scale[1.0], "clean.top1_error")
    for attack in ("fgsm", "ifgsm"):
        name = f"{attack}.white.top1_error"
        assert abs(value(by_scale[factor], name) - value(by_scale[1.0], name)) < FEW_POINTS


@pytest.mark.parametrize("factor", [1.0, 3.0, 5000.0])
@pytest.mark.parametrize(("attack", "steps"), [("fgsm", 1), ("ifgsm", 10)])
def test_a_float64_margin_attack_by_hand_agrees(model, test_set, by_scale, factor, attack, steps):
    expected = float64_margin_error(model.double(), *test_set, factor, steps)
    assert abs(value(by_scale[factor], f"{attack}.white.top1_error") - expected) < 0.02


def test_plain_cross_entropy_falls_with_the_scale(by_scale):
    plain = [value(by_scale[factor], "diagnostics.fgsm_plain") for factor in (1.0, 3.0, 5000.0)]
    assert plain[0] == pytest.approx(value(by_scale[1.0], "fgsm.white.top1_error"), abs=0.01)
    assert plain[1] < plain[0] - 0.05
    assert plain[2] < value(by_scale[1.0], "clean.top1_error") + 0.01


def test_only_scaled_models_carry_flags(by_scale):
    assert by_scale[1.0].flags == []
    assert names(by_scale[3.0]) == {"saturation"}
    assert names(by_scale[5000.0]) == {"saturation", "zero_gradient"}


def test_saturated_counts_true_probabilities_of_exactly_one(by_scale, trained, test_set):
    images, labels = test_set
    for factor, evaluation in by_scale.items():
        with torch.no_grad():
            p = torch.softmax(trained(images).float() * factor, 1)[torch.arange(len(labels)), labels]
        assert np.array_equal(evaluation.outcomes["saturated"], (p == 1).numpy())
    assert value(by_scale[1.0], "diagnostics.saturated") < 0.2 < 0.5 < value(by_scale[3.0], "diagnostics.saturated")


def test_zero_gradient_counts_examples_without_any_gradient(by_scale, trained, test_set):
    """The gradient to the logits is softmax minus one-hot, so it is all zero where the softmax is one-hot and right."""
    images, labels = test_set
    with torch.no_grad():
        p = torch.softmax(trained(images) * 5000.0, 1)
    certain = (p == nn.functional.one_hot(labels, 10)).all(1).numpy()
    assert 0.9 < certain.mean() < 1
    assert np.array_equal(by_scale[5000.0].outcomes["zero_gradient"], certain)
    assert value(by_scale[1.0], "diagnostics.zero_gradient") == 0
