"""The settings of the battery."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt, Le, Len

from mixbench.spec.sections.fields import Count, Share
from mixbench.spec.strict import Strict


class Battery(Strict):
    """The settings of the battery: every ε in the data's unit, which is pixels of [0, 1] for images; pairs of training
    images in between."""

    eps: Annotated[float, Gt(0), Le(1)]
    eps_curve: Annotated[list[Share], Len(1, 64)]
    pairs: Count
