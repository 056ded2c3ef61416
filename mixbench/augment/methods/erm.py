"""ERM: no augmentation beyond the suite's crop and flip."""

from __future__ import annotations

from mixbench.augment.protocol import Augmentation, Stage, method


@method
class Erm(Augmentation):
    """Empirical risk minimisation, the baseline of every board."""

    name = "erm"
    paper = "Vapnik, Statistical Learning Theory, 1998"
    stage = Stage.IMAGE
