"""How large a backbone is: the bytes of its weights and the arithmetic of its passes."""

from __future__ import annotations

from typing import NamedTuple

from mixbench.results.array import Per
from mixbench.results.attacks import CORE, attacks_in
from mixbench.runs.passes import LAMBDAS, Passes
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model
from mixbench.spec.suite import Suite

FLOAT_BYTES = 4


class Size(NamedTuple):
    """Bytes of the weights, and the flops of an image's pass forward, with the gradient to its pixels, and trained."""

    weights: int
    forward: int
    attacked: int
    trained: int

    def flops(self, passes: Passes) -> int:
        """Return the floating-point operations of passes, a multiplication and an addition being two."""
        return sum(count * each for count, each in zip(passes, self[1:], strict=True))


SHIPPED = {
    ("test_resnet", (1, 8, 8, 10), "small"): Size(1501920, 6944640, 13889280, 20815488),
    ("test_resnet", (1, 28, 28, 10), "strided"): Size(1501920, 17147904, 34295808, 51387264),
    ("test_resnet", (1, 28, 28, 10), "dilated"): Size(1501920, 43786752, 87573504, 131303808),
    ("test_resnet", (3, 32, 32, 9), "strided"): Size(1502684, 21505728, 43011456, 64296000),
    ("resnetv2_18", (3, 32, 32, 10), "small"): Size(44720048, 1110845440, 2221690880, 3328997376),
    ("resnetv2_18", (3, 32, 32, 100), "small"): Size(44904728, 1110937600, 2221875200, 3329273856),
    ("resnetv2_18", (3, 64, 64, 200), "small"): Size(45140648, 296296448, 592592896, 869621760),
    ("test_resnet", (1, 12, 29, 9), "strided"): Size(1501532, 11335680, 22671360, 33981120),
    ("vgg11_bn", (1, 160, 101, 30), "small"): Size(515596472, 4882157568, 9764315136, 14627856384),
    ("mlp", (2, 1, 1, 2), "small"): Size(68616, 33792, 67584, 100864),
    ("mlp", (4, 1, 1, 3), "small"): Size(70156, 34560, 69120, 102656),
    ("mlp", (13, 1, 1, 3), "small"): Size(74764, 36864, 73728, 107264),
    ("mlp", (30, 1, 1, 2), "small"): Size(82952, 40960, 81920, 115200),
    ("mlp", (8, 1, 1, 2), "small"): Size(71688, 35328, 70656, 103936),
    ("mlp", (9, 1, 1, 7), "small"): Size(74780, 36864, 73728, 108288),
    ("mlp", (9, 1, 1, 11), "small"): Size(76844, 37888, 75776, 111360),
    ("mlp", (10, 1, 1, 28), "small"): Size(86128, 42496, 84992, 124928),
    ("mlp", (16, 1, 1, 26), "small"): Size(88168, 43520, 87040, 126464),
    ("mlp", (18, 1, 1, 4), "small"): Size(77840, 38400, 76800, 110592),
    ("mlp", (34, 1, 1, 2), "small"): Size(85000, 41984, 83968, 117248),
    ("mlp", (36, 1, 1, 6), "small"): Size(88088, 43520, 87040, 121344),
    ("mlp", (60, 1, 1, 2), "small"): Size(98312, 48640, 97280, 130560),
    ("mlp", (180, 1, 1, 3), "small"): Size(160268, 79616, 159232, 192768),
    ("mlp", (279, 1, 1, 13), "small"): Size(216116, 107520, 215040, 251136),
    ("mlp", (10000, 1, 1, 2), "small"): Size(5187592, 2593280, 5186560, 5219840),
    ("resnet50", (3, 224, 224, 1000), "small"): Size(102441032, 8178368512, 16356737024, 24299077632),
}
"""Of the shipped suites, so that their plans need no torch: by backbone, images' shape and classes, and stem."""


def size_of(suite: Suite, backbone: str) -> Size:
    """Return the size of a backbone under a suite; MixBenchError where the two do not fit, which loads torch."""
    data, start = suite.data, suite.model
    shape = (data.channels, data.height, data.width, data.classes)
    known = None if start.pretrained else SHIPPED.get((backbone, shape, start.stem))
    return known or measured_size(backbone, data, start)


def transfer_bytes(suite: Suite) -> int:
    """Return the bytes of the surrogate's examples: the test images, float32, for each attack."""
    data = suite.data
    attacks = sum("black" in attack.boxes for attack in attacks_in(CORE))
    return attacks * data.test_images * data.channels * data.height * data.width * FLOAT_BYTES


def axes(suite: Suite) -> dict[Per, int]:
    """Return the lengths of outcomes' axes under a suite."""
    data, battery = suite.data, suite.battery
    tested = {Per.TEST: data.test_images, Per.EPS: len(battery.eps_curve)}
    paired = {Per.PAIR: battery.pairs, Per.SIDE: 2, Per.LAMBDA: LAMBDAS}
    return {**tested, **paired, Per.TRAIN: data.train_images, Per.EPOCH: suite.training.epochs}


def measured_size(backbone: str, data: Data, start: Model) -> Size:
    """Count a backbone's size without running it; errors as size_of."""
    from mixbench.training.operations import backbone_operations, weight_bytes

    images = 2
    flops = (
        sum(each.flops for each in backbone_operations(backbone, data, start, images, kind)) // images
        for kind in ("forward", "attacked", "trained")
    )
    return Size(weight_bytes(backbone, data, start), *flops)
