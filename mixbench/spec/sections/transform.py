"""The base transform of training images."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Len
from pydantic import model_validator

from mixbench.spec.sections.fields import Positive
from mixbench.spec.strict import Strict


class RandomResizedCrop(Strict):
    """A box of a share of the image's area in `scale` and an aspect in `ratio`, resized to the suite's size."""

    scale: Annotated[list[Positive], Len(2, 2)]
    ratio: Annotated[list[Positive], Len(2, 2)]

    @model_validator(mode="after")
    def _from_low_to_high(self) -> RandomResizedCrop:
        for name in ("scale", "ratio"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} needs its lower end first")
        if self.scale[1] > 1:
            raise ValueError("scale needs shares of the area, at most 1")
        return self


class Transform(Strict):
    """The base transform of every training image; crop_padding in pixels."""

    crop_padding: Annotated[int, Ge(0)]
    flip: bool
    random_resized_crop: RandomResizedCrop | None = None

    @property
    def is_none(self) -> bool:
        """Whether it leaves every image as it is."""
        return not (self.crop_padding or self.flip or self.random_resized_crop)
