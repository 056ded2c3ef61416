"""Conformance: what every augmentation must keep to, for the project's own table and for a user's method."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from mixbench.augment.build import augmentation as named
from mixbench.augment.compose import Choice, Composition
from mixbench.augment.own import Own, around
from mixbench.augment.protocol import Augmentation, Context
from mixbench.data.split import DataSet, Split
from mixbench.spec.errors import MixBenchError
from mixbench.testing.batches import Shape, coloured_batch, example_batch
from mixbench.testing.rules import (
    ConformanceError,
    changes_images,
    changes_targets,
    check_draws_per_image,
    check_mean,
    check_mix,
    require,
)

__all__ = [
    "ConformanceError",
    "Shape",
    "check_augmentation",
    "check_mean_colour",
    "check_on_fake_cuda",
    "check_own",
    "coloured_batch",
    "example_batch",
    "mixes_targets",
]

SHAPES = tuple(Shape(channels, size) for channels in (1, 3) for size in ((8, 8), (9, 14)))
BATCHES = (1, 5, 8)
FAKE_CUDA = {
    "no value of a tensor is read": ("DataDependentOutput", "DynamicOutputShape", ".numpy() is not supported"),
    "one device": ("device",),
}
"""What torch says of fake CUDA tensors where a rule is broken."""


def check_augmentation(thing: Any, shapes: tuple[Shape, ...] = SHAPES) -> None:
    """Check a mix against every rule; ConformanceError with the rule, what was found and what to do.

    `thing` is a method, a user's class (made by its defaults) or instance, or a spec. The batch is left alone, no
    global generator moves, the same seed repeats, shape and range stay, targets stay distributions, what changes images
    draws for each, and where a mixer changes targets the mean colour is the target.
    """
    augmentation = _made(thing)
    for shape in shapes:
        for n in BATCHES:
            for seed in range(4):
                batch = example_batch(n, shape.channels, shape.size, seed, shape.classes)
                check_mix(augmentation, batch, seed)
    if changes_images(augmentation):
        check_draws_per_image(augmentation, _largest(shapes[-1]))
    if changes_targets(augmentation, coloured_batch(BATCHES[-1], shapes[-1].size, 0, *_colours(shapes[-1]))):
        check_mean_colour(augmentation, shapes=shapes[-2:])


def check_own(augmentation: Augmentation, shape: Shape) -> None:
    """Check the methods from outside that an augmentation is made of, on batches of one shape; errors as above."""
    members = (augmentation,)
    if isinstance(augmentation, (Composition, Choice)):
        members = augmentation.parts if isinstance(augmentation, Composition) else tuple(augmentation.options)
    for member in members:
        if isinstance(member, Own):
            check_augmentation(member, (shape,))
        elif isinstance(member, Choice):
            check_own(member, shape)


def check_mean_colour(thing: Any, tolerance: float = 1e-5, shapes: tuple[Shape, ...] = SHAPES[-2:]) -> None:
    """Check that a mixer's targets go by area or λ: the mean colour of one-hot coloured images is the target.

    Every image of class k has the constant one-hot colour of k; with one channel, white and black.
    """
    augmentation = _made(thing)
    for shape in shapes:
        for n in BATCHES:
            for seed in range(8):
                check_mean(augmentation, coloured_batch(n, shape.size, seed, *_colours(shape)), seed, tolerance)


def mixes_targets(thing: Any) -> bool:
    """Whether the mean colour rule applies: to mixers that change a target in fact and name no exemption."""
    return changes_targets(_made(thing), coloured_batch(BATCHES[-1], SHAPES[-2].size, 0))


def check_on_fake_cuda(thing: Any) -> None:
    """Run mix on fake CUDA tensors, where a CPU tensor may not meet a CUDA one nor a value be read; needs no GPU."""
    from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException, FakeTensorMode

    augmentation = _made(thing)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True):
            images, targets, context = _on_cuda()
            mixed = augmentation.mix(images, targets, np.random.default_rng(0), context)
    except (DataDependentOutputException, DynamicOutputShapeException, RuntimeError, MixBenchError) as error:
        said = f"{type(error).__name__} {error}"
        for rule, signs in FAKE_CUDA.items():
            require(not any(sign in said for sign in signs), augmentation, rule, "fails on a GPU's tensors")
        raise
    devices = {each.device.type for each in mixed}
    require(devices == {"cuda"}, augmentation, "one device", "returned tensors on another device")


def _on_cuda(classes: int = 3) -> tuple[torch.Tensor, torch.Tensor, Context]:
    images = torch.rand(5, 3, 8, 8, device="cuda")
    labels = torch.zeros(12, dtype=torch.int64, device="cuda")
    train = Split(torch.zeros(12, 3, 8, 8, dtype=torch.uint8, device="cuda"), labels)
    data = DataSet(train, train, classes, (0.5,) * 3, (0.25,) * 3)
    indices = torch.zeros(5, dtype=torch.int64, device="cuda")
    return images, torch.nn.functional.one_hot(labels[:5], classes).float(), Context(5, 10, indices, data)


def _made(thing: Any) -> Augmentation:
    return named(thing) if isinstance(thing, str) else around(thing)


def _largest(shape: Shape) -> tuple[torch.Tensor, torch.Tensor, Context]:
    return example_batch(BATCHES[-1], shape.channels, shape.size, 0, shape.classes)


def _colours(shape: Shape) -> tuple[int, int]:
    return shape.channels, shape.classes
