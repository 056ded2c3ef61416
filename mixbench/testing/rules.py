"""The rules that every mix keeps to, each by its name."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mixbench.augment.compose import Composition
from mixbench.augment.own import Own
from mixbench.augment.own_file import place
from mixbench.augment.protocol import Augmentation
from mixbench.augment.traits import Change, Stage
from mixbench.spec.errors import MixBenchError
from mixbench.spec.ranges import span
from mixbench.testing.batches import Batch

RULES = {
    "input untouched": "work on a copy, such as images.clone()",
    "no global generator": "draw from rng alone",
    "images of the same shape and type": "return as many images, as large and of the same type",
    "pixels in [0, 1]": "clamp what leaves it",
    "targets of the same shape": "return one row of targets an image, with all classes",
    "targets are distributions": "make them sum to 1, or say in target_sum_exemption why they do not",
    "same seed, same result": "draw from rng alone and keep no state",
    "one draw an image": "draw for each image, or set stage to Stage.MIX",
    "mean colour": "give targets the shares that pixels have, or say in mean_colour_exemption why they do not",
    "no value of a tensor is read": "leave out float(), .item(), .numpy(), nonzero, masks as indices (torch.where does)"
    " and 'if' on tensors: a GPU waits for them",
    "one device": "make tensors on the images' device",
}
"""Each rule and what to do where it is broken."""


class ConformanceError(MixBenchError, AssertionError):
    """An augmentation that breaks a rule every augmentation keeps to."""


def require(kept: bool, augmentation: Augmentation, rule: str, found: str) -> None:
    """Raise ConformanceError with the rule, what was found, the method's line and what to do, unless it was kept."""
    if not kept:
        mix = getattr(getattr(augmentation, "instance", augmentation), "mix", None)
        where = f" ({place(mix)})" if isinstance(augmentation, Own) and place(mix) else ""
        raise ConformanceError(f"augmentation {augmentation}{where}: breaks the rule '{rule}': {found}; {RULES[rule]}")


def check_mix(augmentation: Augmentation, batch: Batch, seed: int) -> None:
    """Check one mix of a batch; ConformanceError by the first rule that it breaks."""
    images, targets, context = batch
    kept, states = (images.clone(), targets.clone()), _global_states()
    mixed, mixed_targets = augmentation.mix(images, targets, np.random.default_rng(seed), context)
    untouched = torch.equal(images, kept[0]) and torch.equal(targets, kept[1])
    require(untouched, augmentation, "input untouched", "edited the batch in place")
    require(_same(states, _global_states()), augmentation, "no global generator", "moved one of torch, NumPy or random")
    _check_images(augmentation, images, mixed)
    _check_targets(augmentation, targets, mixed_targets)
    again = augmentation.mix(images, targets, np.random.default_rng(seed), context)
    same = torch.equal(mixed, again[0]) and torch.equal(mixed_targets, again[1])
    require(same, augmentation, "same seed, same result", "returned something else the second time")


def _check_images(augmentation: Augmentation, images: Tensor, mixed: Tensor) -> None:
    found = f"got {tuple(mixed.shape)} of {mixed.dtype} for {tuple(images.shape)} of {images.dtype}"
    alike = mixed.shape == images.shape and mixed.dtype == images.dtype
    require(alike, augmentation, "images of the same shape and type", found)
    low, high = float(mixed.detach().min()), float(mixed.detach().max())
    require(low >= 0 and high <= 1 + 1e-6, augmentation, "pixels in [0, 1]", f"got pixels {span(low, high)}")


def _check_targets(augmentation: Augmentation, targets: Tensor, mixed: Tensor) -> None:
    found = f"got {tuple(mixed.shape)} for {tuple(targets.shape)}"
    require(mixed.shape == targets.shape, augmentation, "targets of the same shape", found)
    least = float(mixed.detach().min())
    require(least >= 0, augmentation, "targets are distributions", f"got a target of {least:.4g}")
    worst = float((mixed.detach().sum(dim=1) - 1).abs().max())
    exempt = _exempt(augmentation, "target_sum_exemption")
    require(worst < 1e-5 or exempt, augmentation, "targets are distributions", f"a sum is off 1 by {worst:.4g}")


def check_draws_per_image(augmentation: Augmentation, batch: Batch) -> None:
    """Check a method that changes each image by itself: equal images in a batch do not all come out alike."""
    images, targets, context = batch
    images, targets = images[:1].expand_as(images).clone(), targets[:1].expand_as(targets).clone()
    for seed in range(8):
        changed, _ = augmentation.mix(images, targets, np.random.default_rng(seed), context)
        if not torch.equal(changed, changed[:1].expand_as(changed)):
            return
    require(False, augmentation, "one draw an image", "changed equal images alike in 8 batches")


def check_mean(augmentation: Augmentation, batch: Batch, seed: int, tolerance: float) -> None:
    """Check that the mean colour of mixed one-hot coloured images is their target."""
    images, targets, context = batch
    mixed, mixed_targets = augmentation.mix(images, targets, np.random.default_rng(seed), context)
    shown = min(images.shape[1], targets.shape[1])
    worst = float((mixed.mean(dim=(2, 3))[:, :shown] - mixed_targets[:, :shown]).abs().max())
    found = f"the mean colour of one-hot coloured images and their target differ by {worst:.3f}"
    require(worst <= tolerance, augmentation, "mean colour", found)


def changes_images(augmentation: Augmentation) -> bool:
    """Whether the rule of one draw an image applies to an augmentation."""
    return all(part.stage.per_image and Change.PIXELS in part.changes for part in _parts(augmentation))


def changes_targets(augmentation: Augmentation, batch: Batch) -> bool:
    """Whether the mean colour rule applies: to mixers that change a target in fact and name no exemption."""
    parts = _parts(augmentation)
    if any(part.stage is not Stage.MIX for part in parts) or _exempt(augmentation, "mean_colour_exemption"):
        return False
    images, targets, context = batch
    mixed = (augmentation.mix(images, targets, np.random.default_rng(seed), context)[1] for seed in range(8))
    return any(not torch.equal(each, targets) for each in mixed)


def _parts(augmentation: Augmentation) -> Sequence[Augmentation]:
    return augmentation.parts if isinstance(augmentation, Composition) else (augmentation,)


def _exempt(augmentation: Augmentation, exemption: str) -> bool:
    return any(getattr(part, exemption) for part in _parts(augmentation))


def _global_states() -> tuple[Tensor, tuple, object]:
    numpy_state = copy.deepcopy(np.random.get_state(legacy=True))  # noqa: NPY002
    return torch.get_rng_state().clone(), tuple(numpy_state), random.getstate()


def _same(first: tuple, second: tuple) -> bool:
    numpy_same = all(np.array_equal(a, b) for a, b in zip(first[1], second[1], strict=True))
    return torch.equal(first[0], second[0]) and numpy_same and first[2] == second[2]
