"""What evaluate takes: arrays, lists, loaders, functions; and what it answers to the rest."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import mixbench

IMAGES = torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(24) % 3


@pytest.fixture(scope="module")
def net() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))


@pytest.fixture(scope="module")
def expected(net):
    return mixbench.evaluate(net, IMAGES, LABELS, eps=0.1).readings


def loader():
    return DataLoader(TensorDataset(IMAGES, LABELS), batch_size=7)


TAKEN = {
    "arrays": (IMAGES.numpy(), LABELS.numpy()),
    "float64": (IMAGES.double(), LABELS),
    "a float64 array and a list": (IMAGES.double().numpy(), LABELS.tolist()),
    "a strided array": (np.asfortranarray(IMAGES.numpy()), LABELS.numpy().astype(np.uint8)),
    "a loader": (loader(),),
    "a list of batches": ([(IMAGES[:20], LABELS[:20]), (IMAGES[20:], LABELS[20:])],),
}


@pytest.mark.parametrize("case", TAKEN)
def test_what_holds_images_and_labels_is_taken(net, expected, case):
    assert mixbench.evaluate(net, *TAKEN[case], eps=0.1).readings == expected


def test_a_plain_function_is_a_model_and_a_surrogate(net, expected):
    found = mixbench.evaluate(lambda images: net(images), IMAGES, LABELS, eps=0.1, surrogate=lambda images: net(images))
    assert {name: found.readings[name] for name in expected} == expected
    assert found.readings["fgsm.black.top1_error"] == found.readings["fgsm.white.top1_error"]


def test_training_images_come_as_arrays_or_a_loader_too(net):
    pair = mixbench.evaluate(net, IMAGES, LABELS, eps=0.1, train=(IMAGES.numpy(), LABELS.tolist()), pairs=4)
    loaded = mixbench.evaluate(net, IMAGES, LABELS, eps=0.1, train=loader(), pairs=4)
    assert pair.readings == loaded.readings
    assert "between.miss_mixup" in pair.readings


LAST = IMAGES.permute(0, 2, 3, 1)
REFUSED = {
    "bytes": ((IMAGES.mul(255).byte(), LABELS), {}, r"\.float\(\) / 255"),
    "a byte array": ((IMAGES.mul(255).byte().numpy(), LABELS), {}, "/ 255"),
    "channels last": ((LAST, LABELS), {}, r"permute\(0, 3, 1, 2\)"),
    "grey images without a channel": ((IMAGES[:, 0], LABELS), {}, r"unsqueeze\(1\)"),
    "a loader with labels": ((loader(), LABELS), {}, "give a loader alone"),
    "no labels": ((IMAGES,), {}, "no labels"),
    "a loader of images alone": (([IMAGES],), {}, r"a loader of \(images, labels\)"),
    "one-hot labels": ((IMAGES, torch.eye(3)[LABELS]), {}, r"labels\.argmax\(1\)"),
    "float labels": ((IMAGES, LABELS.float()), {}, r"\.long\(\)"),
    "names": ((IMAGES, ["cat"] * 24), {}, "number the classes from 0"),
    "eps in bytes": ((IMAGES, LABELS), {"eps": 8}, "did you mean 8/255"),
    "eps as text": ((IMAGES, LABELS), {"eps": "8/255"}, "leave out the quotes"),
    "eps of nothing": ((IMAGES, LABELS), {"eps": None}, "eps: needed a number, got NoneType"),
    "eps not a number": ((IMAGES, LABELS), {"eps": float("nan")}, "eps: needed ε in pixels"),
    "a curve in bytes": ((IMAGES, LABELS), {"eps_curve": [0, 4]}, "eps_curve: .*did you mean 4/255"),
    "a curve of one number": ((IMAGES, LABELS), {"eps_curve": 0.1}, r"give \[0\.1\]"),
    "half a pair": ((IMAGES, LABELS), {"pairs": 1.5}, "pairs"),
    "training bytes": ((IMAGES, LABELS), {"train": (IMAGES.mul(255).byte(), LABELS)}, "training images: .*/ 255"),
    "training channels last": ((IMAGES, LABELS), {"train": (LAST, LABELS)}, "training images: .*permute"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_answered_with_what_to_do(net, case):
    arguments, options, message = REFUSED[case]
    with pytest.raises(mixbench.MixBenchError, match=message) as caught:
        mixbench.evaluate(net, *arguments, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (3, "needed a torch.nn.Module or a function of images, got int"),
        (nn.Linear, "got the class Linear, not an instance"),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).half(), r"float16, measure model\.float\(\)"),
        (nn.Sequential(nn.Conv2d(3, 3, 1), nn.Flatten(), nn.Linear(192, 3)), "needed to take images"),
        (lambda images: images.numpy(), "needed logits, a tensor"),
    ],
)
def test_a_model_that_is_none_is_refused_in_one_line(model, message):
    with pytest.raises(mixbench.MixBenchError, match=message) as caught:
        mixbench.evaluate(model, IMAGES, LABELS, eps=0.1)
    assert "\n" not in str(caught.value)
