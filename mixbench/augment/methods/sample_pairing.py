"""SamplePairing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, method
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import taken
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np

    from mixbench.augment.protocol import Images, Targets

ON, OFF = 8, 2


@method
class SamplePairing(Augmentation):
    """The mean of each image and a random other of the batch, with the first one's label.

    Inoue, Data Augmentation by Pairing Samples for Images Classification, 2018, §3 and Figure 2.
    Nothing is mixed in the first tenth and the last fifth of the epochs; between them 8 epochs are mixed and 2 are not,
    in turn. Without a context it always mixes.
    """

    name = "sample_pairing"
    stage = Stage.MIX
    kinds = ANY_KIND
    claims = frozenset({Claim.PARTNER})
    changes = (Change.PIXELS, Change.SCHEDULE)
    origin = Origin(
        title="Data Augmentation by Pairing Samples for Images Classification",
        authors="Hiroshi Inoue",
        year=2018,
        link="https://arxiv.org/abs/1801.02929",
        no_repository="no authors' code was found",
        settings={"CIFAR": "sample_pairing"},
        why="The paper's schedule for small data sets, as shares of the epochs so that it fits every budget.",
        departures=("Partners are drawn from the batch; the paper draws them from the training set.",),
    )

    def mix(
        self, images: Images, targets: Targets, rng: np.random.Generator, context: Context | None = None
    ) -> tuple[Images, Targets]:
        """Mix a batch where the schedule says so."""
        if context and not mixes_in(context.epoch, context.epochs):
            return images, targets
        return taken(images, permutation(len(images), rng)).lerp_(images, 0.5), targets


def mixes_in(epoch: int, epochs: int) -> bool:
    """Whether the schedule mixes in an epoch, counted from 0; a part of an epoch counts as off."""
    first, end = -(-epochs // 10), epochs * 4 // 5
    return first <= epoch < end and (epoch - first) % (ON + OFF) < ON
