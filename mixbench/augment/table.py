"""The table of augmentations: one row a method. A new method is its own file and its row here."""

from mixbench.augment.cutmix import CutMix
from mixbench.augment.cutout import Cutout
from mixbench.augment.erm import Erm
from mixbench.augment.label_smoothing import LabelSmoothing
from mixbench.augment.mixup import Mixup
from mixbench.augment.protocol import Augmentation

METHODS: tuple[type[Augmentation], ...] = (
    Erm,
    Mixup,
    CutMix,
    Cutout,
    LabelSmoothing,
)

BY_NAME: dict[str, type[Augmentation]] = {method.name: method for method in METHODS}
