"""ERM: no augmentation beyond the suite's crop and flip."""

from __future__ import annotations

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, method
from mixbench.augment.traits import Stage


@method
class Erm(Augmentation):
    """Empirical risk minimisation, the baseline of every board."""

    name = "erm"
    stage = Stage.IMAGE
    kinds = ANY_KIND
    origin = Origin(
        title="Statistical Learning Theory",
        authors="Vladimir N. Vapnik",
        year=1998,
        link="https://www.wiley.com/en-us/Statistical+Learning+Theory-p-9780471030034",
        venue="Wiley",
        entry="book",
        no_repository="no augmentation, so nothing to run",
        why="The baseline: crop and flip are the suite's, for every row alike.",
    )
