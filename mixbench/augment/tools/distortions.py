"""The operations of AugMix, PixMix and IPMix, each image of a batch by its own; loads torch.

Levels (N,) lie in [0, 1], 1 being the papers' level 10; the operations in `SIGNED` take them with a sign.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torchvision.transforms.v2 import functional as F

from mixbench.augment.tools.affine import identity_maps, rotations, shears, warp
from mixbench.augment.tools.draws import per_image
from mixbench.augment.tools.luminance import luminance

Images = Float[Tensor, "n c h w"]
Levels = np.ndarray
Operation = Callable[[Images, Levels], Images]

LOWEST, SCALE = 0.1, 10


def distort(
    images: Images,
    severity: float,
    rng: np.random.Generator,
    names: Sequence[str],
    chosen: np.ndarray | None = None,
) -> Images:
    """Change each image (N, C, H, W) by one of the named operations, drawn for it alone; no clamping is needed after.

    A level is uniform in [0.1, severity] of 10, its sign fair. chosen (N,) bool: the images that change, all if None.
    """
    n = len(images)
    kinds = rng.integers(len(names), size=n)
    levels = rng.uniform(LOWEST, severity, n) / SCALE
    signed = levels * rng.choice([-1.0, 1.0], n)
    changed = images.clone()
    for kind, name in enumerate(names):
        rows = np.flatnonzero((kinds == kind) & (True if chosen is None else chosen))
        if len(rows):
            which = torch.from_numpy(rows).to(images.device)
            changed[which] = OPERATIONS[name](images[which], (signed if name in SIGNED else levels)[rows])
    return changed


def _posterize(images: Images, levels: Levels) -> Images:
    step = per_image(2.0 ** (4 + np.floor(4 * levels)), images)
    return ((images * 255).round() / step).floor() * step / 255


def _solarize(images: Images, levels: Levels) -> Images:
    threshold = per_image(256 - np.floor(256 * levels), images)
    return (1 - images).where((images * 255).round() >= threshold, images)


def _rotate(images: Images, levels: Levels) -> Images:
    return _warp(images, rotations(np.radians(np.trunc(30 * levels))))


def _shear(along: int) -> Operation:
    def shear(images: Images, levels: Levels) -> Images:
        slopes = 0.3 * levels
        maps = shears(slopes, np.full(len(slopes), along))
        # The paper's shear leaves the top left corner in place, not the centre.
        maps[:, along, 2] = slopes * images.shape[2 + along] / 2
        return _warp(images, maps)

    return shear


def _translate(along: int) -> Operation:
    def translate(images: Images, levels: Levels) -> Images:
        maps = identity_maps(len(levels))
        maps[:, along, 2] = np.trunc(images.shape[3 - along] / 3 * levels)
        return _warp(images, maps)

    return translate


def _warp(images: Images, maps: np.ndarray) -> Images:
    return warp(images, maps, images.new_zeros(1, images.shape[1], 1, 1))


def _enhance(plain: Callable[[Images], Tensor]) -> Operation:
    """PIL's enhancers: from the plain version (factor 0) through the image (1) and beyond; factors 0.1 to 1.9."""

    def enhance(images: Images, levels: Levels) -> Images:
        base = plain(images)
        return (base + per_image(0.1 + 1.8 * levels, images) * (images - base)).clamp(0, 1)

    return enhance


def _smooth(images: Images) -> Images:
    """Weigh each pixel 5 and its eight neighbours 1 each; the outermost pixels stay."""
    smooth = images.clone()
    if min(images.shape[2:]) > 2:
        inner = images[:, :, 1:-1, 1:-1]
        smooth[:, :, 1:-1, 1:-1] = (9 * avg_pool2d(images, 3, 1) + 4 * inner) / 13
    return smooth


OPERATIONS: dict[str, Operation] = {
    "autocontrast": lambda images, _: F.autocontrast(images),
    "equalize": lambda images, _: F.equalize(images),
    "posterize": _posterize,
    "rotate": _rotate,
    "solarize": _solarize,
    "shear_x": _shear(0),
    "shear_y": _shear(1),
    "translate_x": _translate(0),
    "translate_y": _translate(1),
    "color": _enhance(lambda images: luminance(images)[:, None]),
    "contrast": _enhance(lambda images: luminance(images).mean(dim=(1, 2))[:, None, None, None]),
    "brightness": _enhance(torch.zeros_like),
    "sharpness": _enhance(_smooth),
    "mirror": lambda images, _: images.flip(3),
    "invert": lambda images, _: 1 - images,
}
SIGNED = frozenset({"rotate", "shear_x", "shear_y", "translate_x", "translate_y"})

NINE = tuple(OPERATIONS)[:9]
"""AugMix's: none that the corruption benchmarks measure (colour, contrast, brightness, sharpness)."""
THIRTEEN = tuple(OPERATIONS)[:13]
"""All of AugMix's code, which PixMix's recipes use."""
TEN = (
    "equalize",
    "posterize",
    "rotate",
    "solarize",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "mirror",
    "invert",
)
"""IPMix's."""
