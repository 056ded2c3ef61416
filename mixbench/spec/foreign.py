"""Weights that were trained elsewhere, as data: what is known of them, and how their model is made."""

from __future__ import annotations

from dataclasses import dataclass

from mixbench.spec.strict import Strict

METADATA = "mixbench"
"""The key in a .safetensors file's metadata under which MixBench writes what its weights are of."""

WRITTEN = "written in the file by MixBench"
GIVEN = "given"
ASSUMED = "timm's own configuration, assumed"


class Written(Strict):
    """What MixBench writes into its own files of weights; `size` is (C, H, W)."""

    backbone: str
    stem: str
    mean: list[float]
    std: list[float]
    size: list[int]
    augmentation: str


class Foreign(Strict):
    """How the model of a file is made; the sources say where the word on stem and normalisation comes from."""

    stem: str
    stem_source: str
    mean: list[float]
    std: list[float]
    normalisation_source: str
    augmentation: str


@dataclass(frozen=True)
class Given:
    """What the user says of a file: the stem, mean and deviation a channel or one for all; None where nothing."""

    stem: str | None = None
    mean: list[float] | None = None
    std: list[float] | None = None
