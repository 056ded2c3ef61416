"""How a backbone is made and what it starts from."""

from __future__ import annotations

from typing import Literal

from mixbench.spec.sections.fields import Sha256
from mixbench.spec.strict import Strict


class PretrainedFile(Strict):
    """Initial weights from a .safetensors file; `file` is a place and not in any digest."""

    file: str
    sha256: Sha256


class Model(Strict):
    """How a backbone is made and what it starts from.

    `stem` for small images: small (nothing halved), or strided (the first convolution halves, no pooling; cheaper).
    `pretrained`: random weights, timm's own from the hub, or those in a file; then timm's own stem and normalisation.
    """

    stem: Literal["small", "strided"] = "small"
    pretrained: bool | PretrainedFile = False
