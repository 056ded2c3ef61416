"""The loop that is usually written: a Dataset, a DataLoader, step after step, the test error after each epoch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from mixbench.spec.sections.data import Data
from mixbench.training.backbone import build

Examples = tuple[Tensor, Tensor]


class Images(Dataset):
    """Images as their files have them, each made a float and normalised when it is asked for."""

    def __init__(self, images: Tensor, labels: Tensor, white: int, mean: list[float], std: list[float]) -> None:
        self.images, self.labels, self.white = images, labels, white
        self.normalise = v2.Normalize(mean, std)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.normalise(self.images[index].float() / self.white), int(self.labels[index])


def plain_net(backbone: str, data: Data) -> nn.Module:
    """Return the same network as MixBench makes, as timm has it: without normalisation, channels first."""
    return build(backbone, data).net.to(memory_format=torch.contiguous_format)


def train(
    model: nn.Module,
    train_set: Dataset,
    test_set: Dataset,
    epochs: int,
    batch_size: int,
    rate: float,
    mix: Callable[[Tensor, Tensor], Examples] = lambda images, labels: (images, labels),
    precision: str = "float32",
    report: Callable[[int], None] = lambda epoch: None,
) -> None:
    """Train by AdamW with a linear decay; `report` hears of every epoch."""
    loader = DataLoader(train_set, batch_size, shuffle=True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, epochs * len(loader))
    for epoch in range(epochs):
        model.train()
        for images, labels in loader:
            images, targets = mix(images, labels)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                loss = nn.functional.cross_entropy(model(images), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            decay.step()
        error(model, test_set)
        report(epoch)


@torch.no_grad()
def error(model: nn.Module, test_set: Dataset) -> float:
    """Return the share of images predicted wrongly."""
    model.eval()
    wrong = [model(images).argmax(1) != labels for images, labels in DataLoader(test_set, 512)]
    return float(torch.cat(wrong).float().mean())
