"""How a backbone is made and what it starts from."""

from __future__ import annotations

from typing import Literal

from mixbench.spec.sections.fields import Sha256
from mixbench.spec.strict import Strict


class PretrainedFile(Strict):
    """Initial weights from a .safetensors file; `file` is a place and not in any digest."""

    file: str
    sha256: Sha256


OWN_BACKBONES = ("lenet", "mlp")
"""Backbones beside timm's, by name."""

Stem = Literal["small", "strided", "dilated"]


class Model(Strict):
    """How a backbone is made and what it starts from.

    `stem` for small images: small (nothing halved), strided (the first convolution halves, no pooling; cheaper), or
    dilated (so too, and the last two stages dilate instead of halving, for a larger last map).
    `pretrained`: random weights, timm's own from the hub, or those in a file; then timm's own stem and normalisation.
    """

    stem: Stem = "small"
    pretrained: bool | PretrainedFile = False
