"""Conformance: what every augmentation must keep to, for the project's own table and for a user's method."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mixbench.augment.compose import Composition
from mixbench.augment.protocol import Augmentation, Change, Context, Stage
from mixbench.data.split import DataSet, Split

CLASSES = 3
SIZES = [(8, 8), (9, 14)]
BATCHES = [1, 5, 8]


class ConformanceError(AssertionError):
    """An augmentation that breaks a rule every augmentation keeps to."""


def check_augmentation(augmentation: Augmentation) -> None:
    """Check an augmentation's mix against every rule; ConformanceError with the rule and what was found.

    The batch is left alone, no global generator moves, the same seed repeats, shape and range stay, targets stay
    distributions, what changes images draws for each, and where a mixer changes targets the mean colour is the target.
    """
    if mixes_targets(augmentation):
        check_mean_colour(augmentation)
    if changes_images(augmentation):
        check_draws_per_image(augmentation)
    for size in SIZES:
        for n in BATCHES:
            for channels in (1, 3):
                for seed in range(4):
                    _check_once(augmentation, n, channels, size, seed)


def _check_once(augmentation: Augmentation, n: int, channels: int, size: tuple[int, int], seed: int) -> None:
    images, targets, context = example_batch(n, channels, size, seed)
    kept = images.clone(), targets.clone()
    globals_before = _global_states()
    mixed, mixed_targets = augmentation.mix(images, targets, np.random.default_rng(seed), context)
    _require(
        torch.equal(images, kept[0]) and torch.equal(targets, kept[1]),
        augmentation,
        "edited its input in place",
    )
    _require(_same(globals_before, _global_states()), augmentation, "moved a global random generator")
    _require(
        mixed.shape == images.shape and mixed.dtype == images.dtype,
        augmentation,
        f"returned images {mixed.shape}",
    )
    _require(bool(((mixed >= 0) & (mixed <= 1 + 1e-6)).all()), augmentation, "left the range [0, 1]")
    _require(mixed_targets.shape == targets.shape, augmentation, f"returned targets of shape {mixed_targets.shape}")
    _require(bool((mixed_targets >= 0).all()), augmentation, "returned a negative target")
    sums = mixed_targets.sum(1)
    _require(bool((sums - 1).abs().max() < 1e-5), augmentation, f"returned targets that sum to {sums.tolist()}")
    again = augmentation.mix(images, targets, np.random.default_rng(seed), context)
    same = torch.equal(mixed, again[0]) and torch.equal(mixed_targets, again[1])
    _require(same, augmentation, "returned something else for the same seed")


def check_draws_per_image(augmentation: Augmentation) -> None:
    """Check a method that changes each image by itself: equal images in a batch do not all come out alike."""
    images, targets, context = example_batch(BATCHES[-1], 3, SIZES[0], seed=0)
    images, targets = images[:1].expand_as(images).clone(), targets[:1].expand_as(targets).clone()
    for seed in range(8):
        changed, _ = augmentation.mix(images, targets, np.random.default_rng(seed), context)
        if not torch.equal(changed, changed[:1].expand_as(changed)):
            return
    _require(False, augmentation, "drew once for the whole batch")


def changes_images(augmentation: Augmentation) -> bool:
    """Whether the rule of one draw an image applies to an augmentation."""
    parts = augmentation.parts if isinstance(augmentation, Composition) else (augmentation,)
    return all(part.stage.per_image and Change.PIXELS in part.changes for part in parts)


def check_mean_colour(augmentation: Augmentation, tolerance: float = 1e-5) -> None:
    """Check that a mixer's targets go by area or λ: the mean colour of one-hot coloured images is the target.

    Every image of class k has the constant one-hot colour of k, with as many channels as classes.
    """
    for size in SIZES:
        for n in BATCHES:
            for seed in range(8):
                images, targets, context = coloured_batch(n, size, seed)
                mixed, mixed_targets = augmentation.mix(images, targets, np.random.default_rng(seed), context)
                worst = float((mixed.mean(dim=(2, 3)) - mixed_targets).abs().max())
                _require(worst <= tolerance, augmentation, f"mean colour and target differ by {worst:.3f}")


def mixes_targets(augmentation: Augmentation) -> bool:
    """Whether the mean colour rule applies: to mixers that change a target in fact and name no exemption."""
    parts = augmentation.parts if isinstance(augmentation, Composition) else (augmentation,)
    if any(part.stage is not Stage.MIX or part.mean_colour_exemption for part in parts):
        return False
    images, targets, context = coloured_batch(BATCHES[-1], SIZES[0], seed=0)
    mixed = (augmentation.mix(images, targets, np.random.default_rng(seed), context)[1] for seed in range(8))
    return any(not torch.equal(each, targets) for each in mixed)


def check_on_fake_cuda(augmentation: Augmentation) -> None:
    """Run mix on fake CUDA tensors, which fails where a CPU tensor meets a CUDA one; needs no GPU."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        images = torch.rand(5, 3, 8, 8, device="cuda")
        targets = torch.nn.functional.one_hot(torch.zeros(5, dtype=torch.int64, device="cuda"), CLASSES).float()
        train = Split(
            torch.zeros(12, 3, 8, 8, dtype=torch.uint8, device="cuda"),
            torch.zeros(12, dtype=torch.int64, device="cuda"),
        )
        data = DataSet(train, train, CLASSES, (0.5,) * 3, (0.25,) * 3)
        context = Context(5, 10, torch.zeros(5, dtype=torch.int64, device="cuda"), data)
        mixed, mixed_targets = augmentation.mix(images, targets, np.random.default_rng(0), context)
    _require(
        mixed.device.type == "cuda" == mixed_targets.device.type,
        augmentation,
        "returned tensors on another device",
    )


def example_batch(n: int, channels: int, size: tuple[int, int], seed: int) -> tuple[Tensor, Tensor, Context]:
    """Return random images (N, C, H, W), one-hot targets (N, 3) and a context half-way through a training."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (12, channels, *size), generator=generator, dtype=torch.uint8)
    return _batch(Split(pixels, torch.arange(12) % CLASSES), n)


def coloured_batch(n: int, size: tuple[int, int], seed: int) -> tuple[Tensor, Tensor, Context]:
    """Return images of one constant one-hot colour each, by their class, with targets and context."""
    labels = torch.randint(CLASSES, (12,), generator=torch.Generator().manual_seed(seed))
    colours = torch.nn.functional.one_hot(labels, CLASSES).to(torch.uint8) * 255
    return _batch(Split(colours[:, :, None, None].expand(-1, -1, *size).clone(), labels), n)


def _batch(train: Split, n: int) -> tuple[Tensor, Tensor, Context]:
    channels = train.images.shape[1]
    data = DataSet(train, train, CLASSES, (0.5,) * channels, (0.25,) * channels)
    indices = torch.arange(n)
    return train.pixels(indices), train.one_hot(indices, CLASSES), Context(5, 10, indices, data)


def _require(kept: bool, augmentation: Augmentation, broken: str) -> None:
    if not kept:
        raise ConformanceError(f"{augmentation}: {broken}")


def _global_states() -> list[Callable[[], object] | object]:
    return [torch.get_rng_state().clone(), copy.deepcopy(np.random.get_state())]  # noqa: NPY002


def _same(first: list, second: list) -> bool:
    return torch.equal(first[0], second[0]) and all(
        np.array_equal(a, b) for a, b in zip(first[1], second[1], strict=True)
    )
