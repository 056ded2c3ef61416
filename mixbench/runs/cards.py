"""Cards by their published specifications, and how long passes would take on one: an estimate, measured nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mixbench.runs.passes import Passes
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.suite import Suite

if TYPE_CHECKING:
    from mixbench.training.operations import Kind, Operation

ARITHMETIC, BANDWIDTH = 0.7, 0.6
"""The shares of its published peaks that a card is taken to reach in an operator. With them ResNet-50's training comes
to within a fifth of the three rates that NVIDIA's DeepLearningExamples publishes for one A100 and one V100."""

LAUNCH_SECONDS = 10e-6
"""What an operator takes at least, however small: about what it takes to call one from Python."""

EVALUATION_BATCH = 512


class Card(NamedTuple):
    """What a data sheet says: flops a second, dense, by bfloat16 matrix units and in float32; bytes a second; bytes."""

    title: str
    bfloat16: float
    float32: float
    bandwidth: float
    memory: float
    source: str

    def seconds(self, operations: Sequence[Operation], bfloat16: bool) -> float:
        """Return the seconds of operators one after another, each bound by arithmetic, by memory or by its launch."""
        peak = ARITHMETIC * (self.bfloat16 if bfloat16 else self.float32)
        band = BANDWIDTH * self.bandwidth
        return sum(max(each.flops / peak, each.bytes / band, LAUNCH_SECONDS) for each in operations)


CARDS = {
    "a100": Card("NVIDIA A100 SXM 80 GB", 312e12, 19.5e12, 2.039e12, 80e9, "A100 Tensor Core GPU data sheet"),
    "h100": Card("NVIDIA H100 SXM 80 GB", 989e12, 67e12, 3.35e12, 80e9, "H100 Tensor Core GPU data sheet"),
    "h100-pcie": Card("NVIDIA H100 PCIe 80 GB", 756e12, 51e12, 2.0e12, 80e9, "H100 Tensor Core GPU data sheet"),
    "h200": Card("NVIDIA H200 SXM 141 GB", 989e12, 67e12, 4.8e12, 141e9, "H200 Tensor Core GPU data sheet"),
    "l4": Card("NVIDIA L4", 121e12, 30.3e12, 0.3e12, 24e9, "L4 Tensor Core GPU data sheet"),
    "l40s": Card("NVIDIA L40S", 362e12, 91.6e12, 0.864e12, 48e9, "L40S GPU data sheet"),
    "a10": Card("NVIDIA A10", 125e12, 31.2e12, 0.6e12, 24e9, "A10 Tensor Core GPU data sheet"),
    "rtx3090": Card("GeForce RTX 3090", 71e12, 35.6e12, 0.936e12, 24e9, "Ampere GA102 GPU architecture, 2021"),
    "rtx4090": Card("GeForce RTX 4090", 165.2e12, 82.6e12, 1.008e12, 24e9, "Ada GPU architecture, 2022"),
}
"""Dense rates: data sheets that print the doubled rate of sparse matrices are halved; GeForce's with float32 sums."""


def card_of(name: str) -> Card:
    """Return a card by its name; MixBenchError where there is none."""
    if name not in CARDS:
        raise unknown("card", name, CARDS, f"--card needs one of {', '.join(CARDS)}")
    return CARDS[name]


def planned_card(name: str | None, plan: bool) -> Card | None:
    """Return the card that a plan is to be estimated on, if one is; MixBenchError where nothing is planned."""
    if name is None:
        return None
    if not plan:
        raise MixBenchError(f"--card {name}: needed --plan beside it, got none; a card is estimated, not run on")
    return card_of(name)


class Pace(NamedTuple):
    """Seconds of an image's pass forward, with the gradient to its pixels, and trained."""

    forward: float
    attacked: float
    trained: float

    def seconds(self, passes: Passes) -> float:
        """Return the seconds of passes."""
        return sum(count * each for count, each in zip(passes, self, strict=True))


def pace_on(card: Card, suite: Suite, backbone: str) -> Pace:
    """Return a suite's backbone's pace on a card, measured in float32, trained as the suite says.

    MixBenchError where the two do not fit. Loads torch.
    """
    from mixbench.training.operations import backbone_operations

    def each(kind: Kind, batch: int, bfloat16: bool = False) -> float:
        listed = backbone_operations(backbone, suite.data, suite.model, batch, kind, bfloat16)
        return card.seconds(listed, bfloat16) / batch

    budget = suite.training
    trained = each("trained", budget.batch_size, budget.precision == "bfloat16")
    return Pace(each("forward", EVALUATION_BATCH), each("attacked", EVALUATION_BATCH), trained)
