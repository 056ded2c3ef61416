"""What an attack leaves alone: modes, gradients, generators, weights; and where it runs."""

import copy

import numpy as np
import pytest
import torch
from attacked import perturb
from torch import Tensor, nn
from torchattacks.attack import Attack

from mixbench.battery.attack import ATTACKS, fgsm, ifgsm
from mixbench.results.attacks import ATTACKS as ROWS
from mixbench.torch_state import evaluation_mode, modes

EPS = 0.1


def mixed_modes(model: nn.Module) -> dict[str, bool]:
    """Training mode with a frozen batch norm."""
    model.train()
    model[3].eval()
    return modes(model)


class Failing(Attack):
    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        self.model.train()
        raise KeyboardInterrupt


def test_every_row_of_the_table_of_attacks_has_its_function():
    assert {row.name for row in ROWS} == ATTACKS.keys()


@pytest.mark.parametrize("make", ATTACKS.values())
def test_a_mixture_of_modes_is_restored(model, trained, test_set, make):
    images, labels = test_set
    before = mixed_modes(model)
    assert len(set(before.values())) == 2
    attacked = perturb(model, images, labels, make, EPS)
    assert modes(model) == before
    assert torch.equal(attacked, perturb(trained, images, labels, make, EPS))


def test_modes_are_restored_after_an_exception(model, test_set):
    before = mixed_modes(model)
    with pytest.raises(KeyboardInterrupt):
        perturb(model, *test_set, lambda view, eps: Failing("failing", view), EPS)
    assert modes(model) == before


def test_a_model_that_insists_on_its_own_modes_gets_them_back():
    class Frozen(nn.Sequential):
        def train(self, mode: bool = True):
            super().train(mode)
            self[0].training = False
            return self

    model = Frozen(nn.BatchNorm1d(2), nn.Dropout()).train()
    before = modes(model)
    assert before == {"": True, "0": False, "1": True}
    with evaluation_mode(model):
        assert not any(modes(model).values())
    assert modes(model) == before


@pytest.mark.parametrize("make", ATTACKS.values())
def test_weights_statistics_gradients_and_images_are_left_alone(model, test_set, make):
    images, labels = test_set
    model.train()
    state, kept = copy.deepcopy(model.state_dict()), images.clone()
    attacked = perturb(model, images, labels, make, EPS)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert torch.equal(images, kept)
    assert not images.requires_grad
    assert not attacked.requires_grad


class RandomStart(Attack):
    """An attack that seeds and draws from torch's global generator, as some of torchattacks' do."""

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        torch.rand(3)
        return (images + EPS * (2 * torch.rand_like(images) - 1)).clamp(0, 1)


@pytest.mark.parametrize("make", [*ATTACKS.values(), lambda view, eps: RandomStart("random", view)])
def test_global_generators_do_not_move_and_results_repeat(trained, test_set, make):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = perturb(trained, *test_set, make, EPS)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        assert torch.equal(perturb(trained, *test_set, make, EPS), first)
    assert not torch.equal(first, test_set[0])


@pytest.mark.parametrize("make", ATTACKS.values())
def test_works_without_gradients_around_it(trained, test_set, make):
    images, labels = test_set
    expected = perturb(trained, images, labels, make, EPS)
    with torch.no_grad():
        assert torch.equal(perturb(trained, images, labels, make, EPS), expected)
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize("make", ATTACKS.values())
def test_works_for_a_model_without_parameters(make):
    """Logits are the first three pixels: the true class's pixel must fall and the others rise, all by ε.

    The fourth has no gradient and stays where an attack started.
    """

    class Pixels(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.flatten(1)[:, :3]

    images = torch.full((2, 1, 2, 2), 0.5)
    attacked = perturb(Pixels(), images, torch.tensor([0, 2]), make, EPS).flatten(1)
    if make in (fgsm, ifgsm):
        assert (attacked[:, 3] == 0.5).all()
    expected = torch.tensor([[0.4, 0.6, 0.6], [0.6, 0.6, 0.4]])
    torch.testing.assert_close(attacked[:, :3], expected, atol=1e-6, rtol=0)


def test_works_for_a_model_with_frozen_weights(model, trained, test_set):
    model.requires_grad_(False)
    assert torch.equal(perturb(model, *test_set, ifgsm, EPS), perturb(trained, *test_set, ifgsm, EPS))


class Bfloat16(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).bfloat16()

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images.bfloat16())


@pytest.mark.parametrize("make", ATTACKS.values())
def test_a_model_that_computes_in_bfloat16_stays_in_the_ball(trained, test_set, make):
    """The adapter's images stay float32, so rounding inside the model cannot leave the ball."""
    images, labels = test_set
    attacked = perturb(Bfloat16(trained), images, labels, make, 8 / 255)
    assert attacked.dtype == torch.float32
    assert (attacked - images).abs().max() <= 8 / 255 + 1e-6
    reference = perturb(trained, images, labels, make, 8 / 255)
    assert float((attacked - reference).abs().le(1e-6).float().mean()) > 0.85


def test_no_example_is_weaker_in_the_view_of_one_large_batch(trained, test_set):
    """A batch's mean divides the gradient by N, which must not push it under float32's smallest number."""
    images, labels = test_set
    attacked = perturb(trained, images, labels, fgsm, EPS)
    inside = (images > EPS) & (images < 1 - EPS)
    assert float(((attacked - images).abs()[inside] - EPS).abs().le(1e-6).float().mean()) > 0.9
