"""A suite's shifts: the test images once more, drawn otherwise, held against the test images that they stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mixbench.data.checksum import checksum
from mixbench.data.load import read
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data, Shift

CHUNK = 1024
"""Images that are compared at once."""


@dataclass(frozen=True)
class Shifted:
    """The shifted images with the test images' labels, and which are counted apart, (N,)."""

    split: Split
    apart: Bool[Tensor, " n"]

    def to(self, device: str) -> Shifted:
        """Return them on a device."""
        return replace(self, split=self.split.to(device), apart=self.apart.to(device))


def load_shift(data: Data, shift: Shift, test: Split) -> Shifted:
    """Return a shift of a data set whose test split is `test`.

    MixBenchError where it is missing, is not what the suite declares, or does not stand for the test images one by one.
    """
    section = shift.data(data)
    train, found, *_ = read(section)
    if shift.sha256 and (got := train.sha256 or checksum(train, found)) != shift.sha256:
        raise MixBenchError(
            f"shift {shift.name}: needed sha256 {shift.sha256}, got {got}; the files are not the suite's: fetch them"
            " again, or declare the new checksum in a suite of your own"
        )
    shape = found.images.shape
    if shape != test.images.shape or found.white != test.white or not torch.equal(found.labels, test.labels):
        raise MixBenchError(
            f"shift {shift.name}: needed the labels and the shape {tuple(test.images.shape)} of the test images, in"
            f" their order, got {'other labels' if shape == test.images.shape else tuple(shape)}; mend its files"
        )
    return Shifted(found, _apart(shift, found, test))


def _apart(shift: Shift, found: Split, test: Split) -> Bool[Tensor, " n"]:
    by_class = torch.isin(test.labels, torch.tensor(shift.apart, dtype=torch.long))
    parts = [slice(start, start + CHUNK) for start in range(0, len(test), CHUNK)]
    alike = [_difference(found.pixels(part), test.pixels(part)) < shift.alike for part in parts if shift.alike]
    return by_class | torch.cat(alike) if alike else by_class


def _difference(images: Float[Tensor, "n c h w"], others: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    return (images - others).abs().flatten(1).mean(1)
