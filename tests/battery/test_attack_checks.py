"""A planted fault for each of the adapter's checks."""

import pytest
import torch
import torchattacks
from attacked import perturb
from torch import Tensor, nn
from torchattacks.attack import Attack

from mixbench.battery.attack import fgsm, ifgsm
from mixbench.battery.views import AttackError, MarginView
from mixbench.spec.errors import MixBenchError

IMAGES = torch.full((4, 1, 8, 8), 0.5)
LABELS = torch.tensor([0, 1, 2, 0])
EPS = 0.1


class Faulty(Attack):
    """An attack that returns what a function makes of the images, after a touch of the view."""

    def __init__(self, view: nn.Module, change=lambda images: images, touch=lambda view: None) -> None:
        super().__init__("Faulty", view)
        self.change, self.touch = change, touch

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        self.touch(self.model)
        return self.change(images)


@pytest.fixture
def net() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 3)).eval()


def one_pixel(value: float):
    def change(images: Tensor) -> Tensor:
        images = images.clone()
        images[-1, 0, -1, -1] = value
        return images

    return change


FAULTS = {
    "beyond the ball": (lambda x: x + 1.01 * EPS, "perturbation of at most 0.1, got 0.101"),
    "one pixel beyond the ball": (one_pixel(0.61), "perturbation of at most 0.1, got 0.11"),
    "above 1": (one_pixel(1.01), r"adversarial pixels in \[0, 1\], got 0.5 to 1.01"),
    "below 0": (one_pixel(-0.01), r"adversarial pixels in \[0, 1\], got -0.01 to 0.5"),
    "NaN": (one_pixel(float("nan")), "needed numbers, got NaN"),
    "infinity": (one_pixel(float("inf")), "needed numbers, got NaN or infinity"),
    "half precision": (lambda x: x.half(), "float32, got .* torch.float16"),
    "double precision": (lambda x: x.double(), "float32, got .* torch.float64"),
    "another shape": (lambda x: x[:, :, :4], r"needed \(4, 1, 8, 8\) float32, got \(4, 1, 4, 8\)"),
    "an example lost": (lambda x: x[:3], r"got \(3, 1, 8, 8\)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_result_is_refused(net, fault):
    change, message = FAULTS[fault]
    with pytest.raises(AttackError, match=message) as caught:
        perturb(net, IMAGES, LABELS, lambda view, eps: Faulty(view, change), EPS)
    assert "\n" not in str(caught.value)


def test_the_edge_of_the_ball_is_accepted(net):
    attacked = perturb(net, IMAGES, LABELS, lambda view, eps: Faulty(view, lambda x: x + eps), EPS)
    assert torch.equal(attacked, IMAGES + EPS)


def test_an_attack_with_a_wrong_step_is_refused(net):
    with pytest.raises(AttackError, match=r"perturbation of at most 0\.1, got 0\.2"):
        perturb(net, IMAGES, LABELS, lambda view, eps: torchattacks.FGSM(view, eps=2 * eps), EPS)


TOUCHES = {
    "root": (lambda view: view.model.train(False).__setattr__("training", True), "the model changed"),
    "everything": (lambda view: view.train(), "the model changed"),
    "one submodule": (lambda view: view.model[1].train(), "got 1 changed"),
}


@pytest.mark.parametrize("touched", TOUCHES)
def test_an_attack_that_changes_a_mode_is_refused(net, touched):
    touch, message = TOUCHES[touched]
    with pytest.raises(AttackError, match=message):
        perturb(net, IMAGES, LABELS, lambda view, eps: Faulty(view, touch=touch), EPS)
    assert not any(module.training for module in net.modules())


def test_a_view_that_arrives_in_training_mode_cannot_move_the_model(net):
    """torchattacks calls train() on a root that was in training mode, which reaches dropout and batch norm."""

    class Awake(MarginView):
        def eval(self):
            super().eval()
            self.training = True
            return self

    with pytest.raises(AttackError, match="mode as before"):
        perturb(net, IMAGES, LABELS, fgsm, EPS, Awake)


@pytest.mark.parametrize(("value", "message"), [(1.5, "0.5 to 1.5"), (-0.5, "-0.5 to 0.5"), (float("nan"), "nan")])
def test_images_outside_the_range_are_refused(net, value, message):
    with pytest.raises(AttackError, match=rf"needed pixels in \[0, 1\], got .*{message}"):
        perturb(net, one_pixel(value)(IMAGES), LABELS, fgsm, EPS)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_images_that_are_not_float32_are_refused(net, dtype):
    with pytest.raises(AttackError, match=f"needed float32 images, got {dtype}"):
        perturb(net, IMAGES.to(dtype), LABELS, fgsm, EPS)


@pytest.mark.parametrize("make", [fgsm, ifgsm])
def test_a_model_whose_gradient_is_nan_is_refused(make):
    class Rooted(nn.Module):
        """Finite logits, but the square root's gradient at 0 is infinite, and 0 times that is NaN."""

        def forward(self, images: Tensor) -> Tensor:
            return images.flatten(1)[:, :3] + (0 * images).flatten(1).sum(1, keepdim=True).sqrt()

    with pytest.raises(AttackError, match="NaN"):
        perturb(Rooted(), IMAGES, LABELS, make, EPS)


def test_attack_errors_are_errors_for_users():
    assert issubclass(AttackError, MixBenchError)
