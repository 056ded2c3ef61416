"""Every row of the table keeps to the rules of every augmentation, and planted mistakes are caught."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation, canonical
from mixbench.augment.methods.cutmix import CutMix
from mixbench.augment.protocol import Augmentation, Change, Stage, method
from mixbench.augment.table import METHODS
from mixbench.augment.tools.boxes import clipped_box
from mixbench.testing import (
    ConformanceError,
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
    with pytest.raises(RuntimeError, match="device"):
        check_on_fake_cuda(CpuMask())
