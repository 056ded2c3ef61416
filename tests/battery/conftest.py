"""A small model trained on real digits, for the tests that need decisions worth attacking."""

import copy

import pytest
import torch
from torch import Tensor, nn

from mixbench.data.load import read
from mixbench.data.split import Split
from mixbench.spec.suite import load_suite

EPOCHS = 6
LEARNING_RATE = 0.01


class Scaled(nn.Module):
    """A model whose logits are multiplied: the same decisions, another confidence."""

    def __init__(self, model: nn.Module, factor: float) -> None:
        super().__init__()
        self.model, self.factor = model, factor

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images) * self.factor


def small_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(512, 10),
    )


def fit(model: nn.Module, train: Split) -> nn.Module:
    images, labels = train.pixels(), train.labels
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 1 / EPOCHS, EPOCHS - 1)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
            optimiser.step()
        decay.step()
    return model.eval()


@pytest.fixture(scope="session")
def splits() -> tuple[Split, Split]:
    return read(load_suite("digits").data)


@pytest.fixture(scope="session")
def test_set(splits: tuple[Split, Split]) -> tuple[Tensor, Tensor]:
    return splits[1].pixels(), splits[1].labels


@pytest.fixture(scope="session")
def trained(splits: tuple[Split, Split]) -> nn.Module:
    """One training a session; take `model` where a test changes it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return fit(small_cnn(), splits[0])


@pytest.fixture
def model(trained: nn.Module) -> nn.Module:
    return copy.deepcopy(trained)


@pytest.fixture
def scaled(trained: nn.Module):
    return lambda factor: Scaled(trained, factor).eval()
