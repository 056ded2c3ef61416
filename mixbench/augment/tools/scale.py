"""RandAugment's magnitudes by its authors' code: a scale of 10, beyond which it goes on."""

from __future__ import annotations

import numpy as np

from mixbench.augment.tools.boxes import clipped_box
from mixbench.augment.tools.policy import Operation

GEOMETRIC = ("Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY")
"""The operations that go in two directions; enhancements only go up from 0.1 through 1 to 1.9 and beyond."""
NAMES = (
    *("AutoContrast", "Equalize", "Invert", "Rotate", "Posterize", "Solarize", "Color", "Contrast", "Brightness"),
    *("Sharpness", "ShearX", "ShearY", "TranslateX", "TranslateY", "Cutout", "SolarizeAdd"),
)
FILL = 128
LAST = 10
TRANSLATION, HOLE, SIDE = 100, 80, 224
"""The authors' pixels, and the side of their images, of which ours takes shares."""


def draw(name: str, magnitude: float, size: tuple[int, int], rng: np.random.Generator) -> Operation:
    """Return an operation of a magnitude of 10 for images of (height, width), its sign and its box drawn."""
    if name == "Cutout":
        return name, clipped_box(size, HOLE * magnitude / (SIDE * LAST), rng)
    negative = rng.random() < 0.5
    strength = strength_of(name, magnitude / LAST, size)
    return name, -strength if negative and name in GEOMETRIC else strength


def strength_of(name: str, share: float, size: tuple[int, int]) -> float:
    """Return what the operation takes, in its own unit, at a share of the scale; Cutout's is its box.

    Enhancements: the factor less 1. Posterising keeps more bits, and solarising inverts less, at larger magnitudes.
    """
    match name:
        case "Rotate":
            return 30 * share
        case "ShearX" | "ShearY":
            return 0.3 * share
        case "TranslateX" | "TranslateY":
            return round(TRANSLATION / SIDE * size[name == "TranslateX"] * share)
        case "Color" | "Contrast" | "Brightness" | "Sharpness":
            return 1.8 * share - 0.9
        case "Posterize":
            return min(8, int(4 * share))
        case "Solarize":
            return int(256 * share)
        case "SolarizeAdd":
            return int(110 * share)
        case _:
            return 0.0
