"""Files of pretrained weights, and models that begin with them."""

import safetensors.torch
import timm
import torch

from mixbench.spec.digest import file_digest
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model, PretrainedFile
from mixbench.training.backbone import build

PRETRAINED = Model(pretrained=True)


def data(side: int = 64, channels: int = 3, classes: int = 10) -> Data:
    return Data(
        name="some", sha256="0" * 64, test_fraction=0.2, train_images=8, test_images=2, classes=classes,
        channels=channels, height=side, width=side, mean=[0.1] * channels, std=[0.2] * channels,
    )  # fmt: skip


def save(path, backbone="test_resnet", change=dict, **arguments):
    """Write a random model's weights, after `change`, and return their tensors."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        tensors = change(timm.create_model(backbone, **arguments).state_dict())
    safetensors.torch.save_file(tensors, path)
    return tensors


def start(path) -> Model:
    return Model(pretrained=PretrainedFile(file=str(path), sha256=file_digest(path)))


def made(backbone, section, begin):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(backbone, section, begin)


def apart(first, second):
    """The names of the tensors in which two states differ."""
    assert first.keys() == second.keys()
    return {name for name in first if first[name].shape != second[name].shape or not first[name].equal(second[name])}
