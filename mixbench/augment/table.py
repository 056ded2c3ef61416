"""The table of augmentations: one row a method. A new method is its own file and its row here."""

from mixbench.augment.augmix import AugMix
from mixbench.augment.autoaugment import AutoAugment
from mixbench.augment.bi_tempered import BiTempered
from mixbench.augment.blur import Blur
from mixbench.augment.color import Color
from mixbench.augment.crop import Crop
from mixbench.augment.cutmix import CutMix
from mixbench.augment.cutout import Cutout
from mixbench.augment.dropblock import DropBlock
from mixbench.augment.dropout import Dropout
from mixbench.augment.erm import Erm
from mixbench.augment.flip import Flip
from mixbench.augment.fmix import FMix
from mixbench.augment.gaussian_noise import GaussianNoise
from mixbench.augment.gridmask import GridMask
from mixbench.augment.label_confusion import LabelConfusion
from mixbench.augment.label_smoothing import LabelSmoothing
from mixbench.augment.manifold_mixup import ManifoldMixup
from mixbench.augment.mixup import Mixup
from mixbench.augment.mosaic import Mosaic
from mixbench.augment.noise import Noise
from mixbench.augment.pixmix import PixMix
from mixbench.augment.protocol import Augmentation
from mixbench.augment.randaugment import RandAugment
from mixbench.augment.random_erasing import RandomErasing
from mixbench.augment.resizemix import ResizeMix
from mixbench.augment.rotate import Rotate
from mixbench.augment.saliencymix import SaliencyMix
from mixbench.augment.sample_pairing import SamplePairing
from mixbench.augment.scale import Scale
from mixbench.augment.shakedrop import ShakeDrop
from mixbench.augment.shear import Shear
from mixbench.augment.snapmix import SnapMix
from mixbench.augment.stochastic_depth import StochasticDepth
from mixbench.augment.trivialaugment import TrivialAugment

METHODS: tuple[type[Augmentation], ...] = (
    Erm,
    Mixup,
    CutMix,
    Cutout,
    RandomErasing,
    SamplePairing,
    Mosaic,
    GridMask,
    ResizeMix,
    FMix,
    SaliencyMix,
    SnapMix,
    PixMix,
    LabelSmoothing,
    BiTempered,
    LabelConfusion,
    DropBlock,
    Dropout,
    ManifoldMixup,
    ShakeDrop,
    StochasticDepth,
    Flip,
    Rotate,
    Crop,
    Scale,
    Shear,
    Noise,
    Blur,
    Color,
    GaussianNoise,
    AutoAugment,
    RandAugment,
    TrivialAugment,
    AugMix,
)

BY_NAME: dict[str, type[Augmentation]] = {method.name: method for method in METHODS}
