"""How a suite is carried out and what that takes, which no digest has."""

from __future__ import annotations

from mixbench.spec.sections.fields import Count, Positive
from mixbench.spec.strict import Strict


class Execution(Strict):
    """How trainings are carried out, for whoever runs them; no suite's digest has it.

    One that lasts longer than `checkpoint_minutes` is kept that often, and goes on from there when it was killed.
    `micro_batch` is how many images of a batch go through the model at once, where not all of it fits; their gradients
    are added up. That is another precision of the same training, and in its digest.
    """

    checkpoint_minutes: Positive = 5.0
    micro_batch: Count | None = None


class Expected(Strict):
    """What to expect, for people and for the plan's cost; not part of the digest."""

    training_seconds: Positive
    examination_seconds: Positive
