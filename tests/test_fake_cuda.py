"""One device-agnostic path, on fake CUDA tensors: a CPU tensor that meets a CUDA one fails. Needs no GPU."""

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from mixbench.augment.build import composition
from mixbench.augment.protocol import Context
from mixbench.augment.table import METHODS
from mixbench.augment.traits import Claim
from mixbench.battery.attack import fgsm, ifgsm
from mixbench.battery.between import paste_box
from mixbench.battery.subject import Subject, rank, softmax_link
from mixbench.battery.views import MarginView, PlainView, margin
from mixbench.data.noise import corrupt
from mixbench.data.split import DataSet, Split
from mixbench.data.transform import base_transform
from mixbench.spec.sections.transform import RandomResizedCrop, Transform
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build
from mixbench.training.predict import logits_of

N, K = 5, 10


@pytest.fixture
def cuda():
    with FakeTensorMode(allow_non_fake_inputs=True):
        images = torch.rand(N, 1, 8, 8, device="cuda")
        yield images, torch.zeros(N, dtype=torch.int64, device="cuda")


def linear() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, K, device="cuda"))


@pytest.mark.parametrize("view", [MarginView, PlainView])
@pytest.mark.parametrize("make", [fgsm, ifgsm])
def test_attacks(cuda, make, view, monkeypatch):
    images, labels = cuda
    # Fake tensors have no backward pass; any gradient on the pixels' own device will do.
    monkeypatch.setattr(torch.autograd, "grad", lambda cost, pixels, **_: (torch.ones_like(pixels) * cost.detach(),))
    seen = view(linear(), labels).eval()
    assert make(seen, 0.1)(images, seen.targets).device.type == "cuda"


def test_judging(cuda):
    images, labels = cuda
    logits = logits_of(linear().eval(), images)
    assert logits.device.type == rank(logits, labels).device.type == margin(logits, labels).device.type == "cuda"
    assert Subject(linear()).log_probabilities is softmax_link


def test_in_between(cuda):
    images, _ = cuda
    pasted, share = paste_box(images, images.flip(0), 0.5, np.full((N, 2), 0.5))
    assert pasted.device.type == "cuda"
    assert 0 < share < 1


def test_data(cuda):
    _, labels = cuda
    split = Split(torch.zeros(N, 3, 8, 8, dtype=torch.uint8, device="cuda"), labels)
    moved = base_transform(split.pixels(), Transform(crop_padding=2, flip=True), np.random.default_rng(0))
    given, mask = corrupt(labels, K, 0.5, "x")
    assert {moved.device.type, given.device.type, mask.device.type, split.one_hot(labels, K).device.type} == {"cuda"}


def test_random_resized_crop(cuda):
    """Boxes are drawn on the CPU, whatever device the images are on."""
    _, labels = cuda
    split = Split(torch.zeros(N, 3, 12, 10, dtype=torch.uint8, device="cuda"), labels, size=(8, 8))
    crop = RandomResizedCrop(scale=[0.08, 1.0], ratio=[0.75, 4 / 3])
    transform = Transform(crop_padding=2, flip=True, random_resized_crop=crop)
    moved = base_transform(split.stored_pixels(), transform, np.random.default_rng(0), split.size)
    assert (moved.device.type, moved.shape) == ("cuda", (N, 3, 8, 8))
    assert split.pixels().shape == (N, 3, 8, 8)


def test_backbone(cuda, monkeypatch):
    images, _ = cuda
    # Fake parameters cannot change their memory format, which is not what is tested here.
    monkeypatch.setattr(nn.Module, "to", lambda self, **_: self)
    with torch.device("cuda"):
        model = build("test_resnet", load_suite("digits").data)
    assert model(images).device.type == "cuda"


LOSSES = [method.name for method in METHODS if method.claims & {Claim.LOSS, Claim.CRITERION}]


LOSSES += [
    "rankmixup(ranking=mrl,versions=1)",
    "cutmix+decoupled_mixup(terms=less)",
    "ipmix(weight=0,self_partner=0.5)",
]


@pytest.mark.parametrize("spec", LOSSES)
def test_losses_stay_on_the_device_and_read_no_values(cuda, monkeypatch, spec):
    """Reading a value, as `if tensor:` does, has no answer on fake tensors and would wait for a real device."""
    images, labels = cuda
    monkeypatch.setattr(nn.Module, "to", lambda self, **_: self)
    chosen = composition(spec)
    with torch.device("cuda"):
        model = build("test_resnet", load_suite("digits").data)
        chosen.prepare(model)
        learned = chosen.learners(model.train(), K)
    train = Split(torch.zeros(N, 1, 8, 8, dtype=torch.uint8, device="cuda"), labels)
    context = Context(5, 10, labels, DataSet(train, train, K, (0.5,), (0.25,)), learned)
    rng = np.random.default_rng(0)
    images, targets = chosen.mix(images, nn.functional.one_hot(labels, K).float(), rng, context)
    for _ in range(4):
        loss = chosen.loss(model, chosen.criterion, images, targets, rng, context)
        assert (loss.device.type, loss.shape) == ("cuda", ())


@pytest.mark.gpu
def test_trains_on_a_real_gpu(tmp_path):
    from mixbench.cli import main

    assert main(["eval", "--aug", "cutmix", "--device", "cuda", "--runs", str(tmp_path)]) == 0
