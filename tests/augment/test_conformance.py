"""Every row of the table keeps to the rules of every augmentation, and planted mistakes are caught."""

import random
from dataclasses import fields

import numpy as np
import pytest
import torch

import mixbench
from mixbench.augment.build import augmentation, canonical
from mixbench.augment.methods.cutmix import CutMix
from mixbench.augment.own import Own
from mixbench.augment.protocol import Augmentation, method
from mixbench.augment.table import METHODS
from mixbench.augment.tools.boxes import clipped_box
from mixbench.augment.traits import Change, Stage
from mixbench.testing import (
    ConformanceError,
    Shape,
    check_augmentation,
    check_mean_colour,
    check_on_fake_cuda,
    mixes_targets,
)

VARIANTS = [
    "mixup(alpha=8)",
    "mixup(classes=same)",
    "mixup(partner=nearest)",
    "mixup(classes=same,partner=nearest)",
    "mixup(k=4)",
    "cutmix(probability=0.5)",
    "cutout(holes=3,size=0.3)",
    "cutmix|mixup",
    "cutout+cutmix+label_smoothing",
]
SPECS = [method.name for method in METHODS] + VARIANTS


@pytest.mark.parametrize("spec", [*SPECS, "mixup(targets=nearer)"])
def test_conforms(spec):
    check_augmentation(augmentation(spec))


@pytest.mark.parametrize("spec", [spec for spec in SPECS if mixes_targets(augmentation(spec))])
def test_mean_colour_is_the_target(spec):
    check_mean_colour(augmentation(spec))


@pytest.mark.parametrize("spec", SPECS)
def test_runs_on_fake_cuda(spec):
    check_on_fake_cuda(augmentation(spec))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_describes_itself(method):
    assert method.paper
    assert method.__doc__
    assert method.stage in Stage
    assert canonical(augmentation(canonical(method()))) == canonical(method())
    assert not {field.name for field in fields(method)} & {"name", "paper", "stage", "version", "claims"}


class Mistake(Augmentation):
    """A mixer with one planted mistake each."""

    name = "mistake"
    stage = Stage.MIX
    changes = (Change.PIXELS, Change.TARGETS)


class UnclippedShare(Mistake):
    def mix(self, images, targets, rng, context=None):
        height, width = images.shape[2:]
        share = rng.beta(1, 1)
        top, bottom, left, right = clipped_box((height, width), (1 - share) ** 0.5, rng)
        mixed = images.clone()
        mixed[:, :, top:bottom, left:right] = images.flip(0)[:, :, top:bottom, left:right]
        return mixed, targets * share + targets.flip(0) * (1 - share)


class LabelsOnly(Mistake):
    def mix(self, images, targets, rng, context=None):
        share = float(rng.beta(1, 1))
        return images, targets * share + targets.flip(0) * (1 - share)


class InPlace(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images.mul_(0.5), targets


class GlobalGenerator(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images[torch.randperm(len(images))], targets


class NumpyGlobalGenerator(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images * np.random.rand(), targets  # noqa: NPY002


class OutOfRange(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images + 0.5, targets


class Unrepeatable(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images * float(np.random.default_rng().random()), targets


class OneDraw(Mistake):
    stage = Stage.IMAGE
    changes = (Change.PIXELS,)

    def mix(self, images, targets, rng, context=None):
        return images * float(rng.random()), targets


class WrongSum(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images, targets * 0.9


@pytest.mark.parametrize(
    "mistake", [InPlace, GlobalGenerator, NumpyGlobalGenerator, OutOfRange, Unrepeatable, WrongSum, OneDraw]
)
def test_catches_a_planted_mistake(mistake):
    with pytest.raises(ConformanceError):
        check_augmentation(mistake())


@pytest.mark.parametrize("mistake", [UnclippedShare, LabelsOnly])
def test_mean_colour_catches_a_planted_mistake(mistake):
    with pytest.raises(ConformanceError, match="mean colour"):
        check_mean_colour(mistake())


@method
class HalfWeight(CutMix):
    """Says nothing of the targets that it changes."""

    changes = (Change.PIXELS,)

    def mix(self, images, targets, rng, context=None):
        mixed, mixed_targets = super().mix(images, targets, rng, context)
        return mixed, targets * 0.5 + mixed_targets * 0.5


def test_mean_colour_is_asked_of_what_changes_targets_whatever_it_says():
    assert mixes_targets(HalfWeight())
    with pytest.raises(ConformanceError, match="mean colour"):
        check_augmentation(HalfWeight())


class Exempt(LabelsOnly):
    mean_colour_exemption = "its targets go by what the reader likes"


def test_a_named_exemption_frees_of_the_mean_colour_rule():
    assert not mixes_targets(Exempt())
    assert not mixes_targets(augmentation("mixup(targets=nearer)"))
    check_augmentation(Exempt())


class CpuMask(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images * torch.from_numpy(rng.random(images.shape)), targets


def test_fake_cuda_catches_a_cpu_tensor():
    with pytest.raises(ConformanceError, match="'one device'"):
        check_on_fake_cuda(CpuMask())


@pytest.mark.parametrize(
    "read",
    [
        lambda images: float(images.mean()),
        lambda images: images.mean().item(),
        lambda images: images.mean().tolist(),
        lambda images: 1 if images.mean() > 0.5 else 0,
        lambda images: images.numpy().mean(),
        lambda images: len(images.nonzero()) / images.numel(),
        lambda images: images[images > 0.5].mean(),
        lambda images: torch.where(images > 0.5)[0][0] > 0,
        lambda images: len(images.unique()) / images.numel(),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_fake_cuda_catches_what_reads_a_value(read, own):
    class Reads(*(() if own else (Mistake,))):
        def mix(self, images, targets, rng, context=None):
            return images * read(images), targets

    with pytest.raises(ConformanceError, match=r"'no value of a tensor is read'.*leave out float\(\)") as caught:
        check_on_fake_cuda(Reads())
    assert "\n" not in str(caught.value)


class Plain:
    """Knows nothing of the protocol."""

    def mix(self, images, targets, rng):
        return images.flip(0), targets.flip(0)


@pytest.mark.parametrize("thing", ["mixup", CutMix, CutMix(), Plain, Plain()])
def test_checks_an_instance_a_class_or_a_spec(thing):
    check_augmentation(thing)
    mixbench.testing.check_on_fake_cuda(thing)


class Doubled(Mistake):
    target_sum_exemption = "two weights, as in SnapMix"

    def mix(self, images, targets, rng, context=None):
        return images, targets * 2


def test_a_named_exemption_frees_of_the_sum_of_targets():
    check_augmentation(type("Doubly", (Doubled,), {"mean_colour_exemption": "no shares"}))
    with pytest.raises(ConformanceError, match="mean colour"):
        check_augmentation(Doubled)


class Nan(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images * float("nan"), targets


class PythonsGlobalGenerator(Mistake):
    def mix(self, images, targets, rng, context=None):
        return images * random.random(), targets


@pytest.mark.parametrize(("mistake", "rule"), [(Nan, "pixels in"), (PythonsGlobalGenerator, "no global generator")])
def test_catches_by_the_rule(mistake, rule):
    with pytest.raises(ConformanceError, match=rule):
        check_augmentation(mistake())


@pytest.mark.parametrize("shape", [Shape(1, (6, 6), 5), Shape(3, (6, 6), 2), Shape(3, (6, 6), 10), Shape(1, (6, 6), 2)])
def test_the_mean_colour_is_asked_whatever_the_channels_and_classes(shape):
    check_augmentation(CutMix(), (shape,))
    with pytest.raises(ConformanceError, match="mean colour"):
        check_augmentation(HalfWeight(), (shape,))


@pytest.mark.parametrize(
    "spec",
    ["mixup(alpha=2.0,classes=all,partner=random,targets=mixed,k=2,warmup_epochs=0)", "cutout(size=0.5,holes=1)"],
)
def test_a_method_is_written_as_its_canonical_spec(spec):
    assert repr(augmentation(spec)) == str(augmentation(spec)) == spec
    assert str(augmentation("mixup|cutmix")) == canonical(augmentation("mixup|cutmix"))
    assert str(Plain()) != str(Own(Plain(), {}, "mine.py:Plain", "x")) == "mine.py:Plain"
