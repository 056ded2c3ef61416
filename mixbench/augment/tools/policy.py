"""What the policies share: their operations' magnitudes, drawn for each image, none for a whole batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixbench.augment.tools.boxes import Box

Operation = tuple[str, float | Box]
"""An operation by the name that papers give it, and its magnitude with its sign; Cutout has its box instead."""

SIGNED = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast", "Sharpness")
NAMES = ("Identity", *SIGNED, "Posterize", "Solarize", "AutoContrast", "Equalize")
"""The 14 operations of RandAugment and TrivialAugment."""

BINS = 31
"""Magnitudes of RandAugment and TrivialAugment, counted from 0."""


@dataclass(frozen=True)
class Ranges:
    """An operation space: each operation's largest magnitude, and the most bits that posterising takes away.

    translate is in pixels; None is AutoAugment's 150 of 331 pixels, as a share of the image's side.
    """

    shear: float = 0.3
    translate: float | None = None
    degrees: float = 30.0
    enhance: float = 0.9
    bits: int = 4

    def magnitude(self, name: str, place: int, bins: int, size: tuple[int, int]) -> float:
        """Return an operation's magnitude at a place of its scale, 0 to bins − 1, for images of (height, width)."""
        last = bins - 1
        if name == "Posterize":
            return 8 - round(place * self.bits / last)
        if name == "Solarize":
            return 255 * (last - place) / last
        return self._largest(name, size) * place / last

    def _largest(self, name: str, size: tuple[int, int]) -> float:
        if name in ("TranslateX", "TranslateY"):
            return self.translate or 150 / 331 * size[name == "TranslateX"]
        if name not in SIGNED:
            return 0.0
        return {"ShearX": self.shear, "ShearY": self.shear, "Rotate": self.degrees}.get(name, self.enhance)


def with_sign(name: str, magnitude: float, rng: np.random.Generator) -> Operation:
    """Return the operation, of negative magnitude in half of the draws where its magnitude has a sign."""
    negative = rng.random() < 0.5
    return name, -magnitude if negative and name in SIGNED else magnitude
