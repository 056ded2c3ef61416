"""The table of kinds of data: what an example's values are and where they lie; a suite's [data] names its kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Name = Literal["images", "tabular"]

Bounds = tuple[float, float]
"""The least and the largest value."""

PIXELS: Bounds = (0.0, 1.0)
MIXERS = ("mixup", "cutmix")
"""Whose paths between examples are walked."""


@dataclass(frozen=True)
class Kind:
    """One row: `unit` is what values and every ε are counted in, `bounds` where values lie, `mixers` those of MIXERS
    that make sense, `plane` whether an example has height and width.

    `standardised` says whether values are standardised as they are loaded, and not in the model.
    """

    name: Name
    unit: str
    bounds: Bounds
    mixers: tuple[str, ...]
    plane: bool
    standardised: bool


IMAGES = Kind("images", "pixel in [0, 1]", PIXELS, MIXERS, plane=True, standardised=False)
TABULAR = Kind("tabular", "standard deviation", (-math.inf, math.inf), ("mixup",), plane=False, standardised=True)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (IMAGES, TABULAR)}
"""Every kind by its name; a feature vector is an image of one pixel with a channel a feature."""
