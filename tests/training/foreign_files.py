"""Files of weights as other people's trainings leave them."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import timm
import torch
from torch import Tensor, nn

from mixbench.spec.foreign import Given
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model
from mixbench.training.foreign import foreign_model, resolve


def section(side: int = 8, channels: int = 1, classes: int = 10) -> Data:
    return Data(
        name="some", sha256="0" * 64, test_fraction=0.2, train_images=8, test_images=2, classes=classes,
        channels=channels, height=side, width=side, mean=[0.25] * channels, std=[0.5] * channels,
    )  # fmt: skip


def stock(backbone: str, data: Data, **more: object) -> nn.Module:
    """timm's model with random weights and batch-norm statistics that are not those of a fresh one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = timm.create_model(backbone, in_chans=data.channels, num_classes=data.classes, **more)
        net.train()
        with torch.no_grad():
            net(torch.randn(16, data.channels, data.height, data.width))
    return net.eval()


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> Path:
    safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata)
    return path


def loaded(backbone: str, data: Data, path: Path, start: Model | None = None, **given: object) -> nn.Module:
    made = resolve(backbone, data, start or Model(), path, Given(**given))
    return foreign_model(backbone, data, path, made)[0]
