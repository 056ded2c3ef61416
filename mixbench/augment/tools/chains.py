"""AugMix's chains of operations on a whole batch, each image by its own draws; loads torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from mixbench.augment.tools.affine import identity_maps, rotations, shears, warp
from mixbench.augment.tools.draws import per_image

Images = Float[Tensor, "n c h w"]
LONGEST = 3
LOWEST = 0.1


def chained(images: Images, severity: float, rng: np.random.Generator) -> Images:
    """Apply one to three operations to each image, drawn with their levels for it alone.

    An operation's level is uniform in [0.1, severity] on a scale to 10. Hendrycks et al., AugMix, 2020, §3 and
    Appendix C; the operations that the corruption benchmarks measure (contrast, colour, brightness, sharpness) are
    not among them.
    """
    depths = rng.integers(1, LONGEST + 1, len(images))
    for step in range(LONGEST):
        drawn = rng.integers(len(OPERATIONS), size=len(images))
        levels = rng.uniform(LOWEST, severity, len(images)) / 10
        signs = rng.choice([-1.0, 1.0], len(images))
        images = _step(images, np.where(step < depths, drawn, -1), levels, signs)
    return images


def _step(images: Images, drawn: np.ndarray, levels: np.ndarray, signs: np.ndarray) -> Images:
    changed = images.clone()
    for number, operation in enumerate(OPERATIONS.values()):
        rows = np.flatnonzero(drawn == number)
        if len(rows):
            which = torch.from_numpy(rows).to(images.device)
            changed[which] = operation(images[which], levels[rows], signs[rows])
    return changed


def _posterize(images: Images, levels: np.ndarray, _: np.ndarray) -> Images:
    step = per_image(2.0 ** (4 + np.floor(4 * levels)), images)
    return ((images * 255).round() / step).floor() * step / 255


def _solarize(images: Images, levels: np.ndarray, _: np.ndarray) -> Images:
    threshold = per_image(256 - np.floor(256 * levels), images)
    return (1 - images).where((images * 255).round() >= threshold, images)


def _rotate(images: Images, levels: np.ndarray, signs: np.ndarray) -> Images:
    return _warp(images, rotations(np.radians(np.floor(30 * levels) * signs)))


def _shear(along: int) -> Callable[[Images, np.ndarray, np.ndarray], Images]:
    def shear(images: Images, levels: np.ndarray, signs: np.ndarray) -> Images:
        slopes = 0.3 * levels * signs
        maps = shears(slopes, np.full(len(slopes), along))
        # The paper's shear leaves the top left corner in place, not the centre.
        maps[:, along, 2] = slopes * images.shape[2 + along] / 2
        return _warp(images, maps)

    return shear


def _translate(along: int) -> Callable[[Images, np.ndarray, np.ndarray], Images]:
    def translate(images: Images, levels: np.ndarray, signs: np.ndarray) -> Images:
        maps = identity_maps(len(levels))
        maps[:, along, 2] = np.floor(images.shape[3 - along] / 3 * levels) * signs
        return _warp(images, maps)

    return translate


def _warp(images: Images, maps: np.ndarray) -> Images:
    return warp(images, maps, images.new_zeros(1, images.shape[1], 1, 1))


OPERATIONS: dict[str, Callable[[Images, np.ndarray, np.ndarray], Images]] = {
    "autocontrast": lambda images, levels, signs: F.autocontrast(images),
    "equalize": lambda images, levels, signs: F.equalize(images),
    "posterize": _posterize,
    "rotate": _rotate,
    "solarize": _solarize,
    "shear_x": _shear(0),
    "shear_y": _shear(1),
    "translate_x": _translate(0),
    "translate_y": _translate(1),
}
