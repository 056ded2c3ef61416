"""The table of augmentations: one row a method. A new method is its own file and its row here."""

from mixbench.augment.methods.augmix import AugMix
from mixbench.augment.methods.autoaugment import AutoAugment
from mixbench.augment.methods.bi_tempered import BiTempered
from mixbench.augment.methods.blur import Blur
from mixbench.augment.methods.color import Color
from mixbench.augment.methods.crop import Crop
from mixbench.augment.methods.cutmix import CutMix
from mixbench.augment.methods.cutout import Cutout
from mixbench.augment.methods.decoupled_mixup import DecoupledMixup
from mixbench.augment.methods.dropblock import DropBlock
from mixbench.augment.methods.dropout import Dropout
from mixbench.augment.methods.erm import Erm
from mixbench.augment.methods.flip import Flip
from mixbench.augment.methods.fmix import FMix
from mixbench.augment.methods.gaussian_noise import GaussianNoise
from mixbench.augment.methods.gridmask import GridMask
from mixbench.augment.methods.ipmix import IPMix
from mixbench.augment.methods.label_confusion import LabelConfusion
from mixbench.augment.methods.label_smoothing import LabelSmoothing
from mixbench.augment.methods.manifold_mixup import ManifoldMixup
from mixbench.augment.methods.mixup import Mixup
from mixbench.augment.methods.mosaic import Mosaic
from mixbench.augment.methods.noise import Noise
from mixbench.augment.methods.noisy_feature_mixup import NoisyFeatureMixup
from mixbench.augment.methods.noisymix import NoisyMix
from mixbench.augment.methods.pixmix import PixMix
from mixbench.augment.methods.randaugment import RandAugment
from mixbench.augment.methods.random_erasing import RandomErasing
from mixbench.augment.methods.rankmixup import RankMixup
from mixbench.augment.methods.regmixup import RegMixup
from mixbench.augment.methods.resizemix import ResizeMix
from mixbench.augment.methods.rotate import Rotate
from mixbench.augment.methods.saliencymix import SaliencyMix
from mixbench.augment.methods.sample_pairing import SamplePairing
from mixbench.augment.methods.scale import Scale
from mixbench.augment.methods.shakedrop import ShakeDrop
from mixbench.augment.methods.shear import Shear
from mixbench.augment.methods.snapmix import SnapMix
from mixbench.augment.methods.stochastic_depth import StochasticDepth
from mixbench.augment.methods.trivialaugment import TrivialAugment
from mixbench.augment.protocol import Augmentation

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
    DecoupledMixup,
    DropBlock,
    Dropout,
    ManifoldMixup,
    NoisyFeatureMixup,
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
    IPMix,
    NoisyMix,
    RegMixup,
    RankMixup,
)

BY_NAME: dict[str, type[Augmentation]] = {method.name: method for method in METHODS}
