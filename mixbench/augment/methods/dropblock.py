"""DropBlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Count, method
from mixbench.augment.traits import Change, Stage
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from torch import nn


@method
class DropBlock(Augmentation):
    """Square blocks of feature maps set to zero in a ResNet's last two stages, at one rate from first to last epoch.

    Ghiasi et al., DropBlock, 2018, §3 and Algorithm 1: only blocks that fit the map are drawn, never larger than it, at
    the full rate in stage 4 and a quarter of it in stage 3, as in the authors' code. They lie where timm puts its own.

    rate: the expected share of a map that is dropped, exact on maps of every size for rule=valid.
    block: the side of a block.
    channels: a mask of its own for each channel, as the authors have it, or one shared by all.
    rule: valid is this; timm is timm's own, with blocks of 5 and 3, one mask for all channels and centres on the whole
    map, which drops up to twice the rate on small maps.
    """

    name = "dropblock"
    version = 2
    stage = Stage.MODEL
    changes = (Change.MODEL,)
    libraries = ("timm",)
    origin = Origin(
        title="DropBlock: A regularization method for convolutional networks",
        authors="Golnaz Ghiasi and Tsung-Yi Lin and Quoc V. Le",
        year=2018,
        link="https://arxiv.org/abs/1810.12890",
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        repository="https://github.com/tensorflow/tpu",
        commit="7dc921f, models/official/resnet/resnet_model.py, read only",
        settings={"ImageNet": "dropblock"},
        why="Rate, block and one mask a channel are the authors' for ImageNet; one set serves every suite.",
        departures=(
            "The rate is constant; the authors raise it linearly from 0 over training.",
            "One place a residual block, timm's; the authors drop after every convolution and on the shortcut.",
            "The chance of a block is solved for the rate; the authors' formula leaves out that blocks overlap.",
        ),
    )

    rate: Annotated[float, Interval(gt=0, lt=1)] = 0.1
    block: Count = 7
    channels: Literal["own", "shared"] = "own"
    rule: Literal["valid", "timm"] = "valid"

    def __post_init__(self) -> None:
        """Refuse settings that timm's rule has fixed, with MixBenchError."""
        if self.rule == "timm" and (self.block, self.channels) != (7, "own"):
            raise MixBenchError("dropblock: rule=timm has blocks and mask of its own; leave block and channels out")

    def prepare(self, model: nn.Module) -> None:
        """Put DropBlock where timm has it; MixBenchError for backbones without it, which most are."""
        from timm.layers.drop import DropBlock2d

        from mixbench.augment.tools.blocks import adopt

        made = self._ours if self.rule == "valid" else lambda module: module
        adopt(model.get_submodule("net"), self.name, DropBlock2d, "drop_block_rate", self.rate, made)

    def _ours(self, module: Any) -> nn.Module:
        from mixbench.augment.tools.drop_block import DropBlock as Dropping

        return Dropping(module.drop_prob * module.gamma_scale, self.block, self.channels == "shared")
