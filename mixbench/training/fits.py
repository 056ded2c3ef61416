"""Whether an augmentation fits a backbone, found out by trying one step."""

from __future__ import annotations

import torch

from mixbench.augment.build import composition
from mixbench.augment.protocol import Context
from mixbench.data.split import DataSet, Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model, PretrainedFile
from mixbench.spec.seeding import stream
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import Classifier, build

FAMILIES = {
    "ResNet": "test_resnet",
    "ResNetV2": "resnetv2_18",
    "DenseNet": "densenet121",
    "EfficientNet": "tinynet_e",
    "MobileNet": "mobilenetv3_small_050",
    "ConvNeXt": "test_convnext",
    "ViT": "test_vit",
}
"""Families of backbones, each with a small member that stands for it (test_efficientnet has no shortcuts)."""

SMALL_COLOUR = Data(
    name="noise",
    sha256="0" * 64,
    test_fraction=0.5,
    train_images=2,
    test_images=2,
    classes=10,
    channels=3,
    height=32,
    width=32,
    mean=[0.5] * 3,
    std=[0.25] * 3,
)
"""Small colour images such as CIFAR's, for which families are tried."""

_BATCH = 2


def fits(backbone: str, augmentation: str, data: Data) -> str | None:
    """Return why an augmentation does not fit a backbone under a suite's data, in one line; None where it does.

    A model is made and prepared and takes one step on noise, on the CPU; MixBenchError for a malformed spec.
    """
    composition(augmentation)
    try:
        with library_randomness(stream(0, "fits")):
            try_step(build(backbone, data), augmentation, data)
    except MixBenchError as error:
        return str(error)
    return None


def check_beginning(backbone: str, data: Data, start: Model) -> None:
    """MixBenchError where a training would refuse a backbone or the file that it begins with; no hub is asked."""
    with library_randomness(stream(0, "fits")):
        build(backbone, data, start, fetch=isinstance(start.pretrained, PretrainedFile))


def try_step(model: Classifier, augmentation: str, data: Data) -> torch.Tensor:
    """Prepare a model for an augmentation and return the loss of one step on noise, its gradients left in the model.

    MixBenchError where the two do not fit. Draws from torch's global generators.
    """
    chosen = composition(augmentation)
    chosen.prepare(model)
    train = _noise(data)
    indices = torch.arange(_BATCH)
    learned = chosen.learners(model.train(), data.classes)
    dataset = DataSet(train, train, data.classes, tuple(data.mean), tuple(data.std))
    context = Context(0, 1, indices, dataset, learned)
    images, targets = train.pixels(indices), train.one_hot(indices, data.classes)
    images, targets = chosen.mix(images, targets, stream(0, "fits", "mix"), context)
    loss = chosen.loss(model, chosen.criterion, images, targets, stream(0, "fits", "loss"), context)
    loss.backward()
    return loss.detach()


def _noise(data: Data) -> Split:
    pixels = torch.randint(256, (_BATCH, data.channels, data.height, data.width), dtype=torch.uint8)
    return Split(pixels, torch.arange(_BATCH) % data.classes)
