"""DropBlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.protocol import Augmentation, Change, Stage, method

if TYPE_CHECKING:
    from torch import nn


@method
class DropBlock(Augmentation):
    """Square blocks of feature maps set to zero in a ResNet's last two stages, at one rate from first to last epoch.

    Ghiasi et al., DropBlock, 2018, §3; as timm has it: blocks of 5x5 at a quarter of the rate in stage 3, of 3x3 at the
    full rate in stage 4, never larger than the map, one mask for all channels. The paper raises its rate over training.

    rate: share of a map that is to be dropped, about.
    """

    name = "dropblock"
    paper = "Ghiasi et al., 2018, arXiv 1810.12890"
    stage = Stage.MODEL
    changes = (Change.MODEL,)
    libraries = ("timm",)

    rate: Annotated[float, Interval(gt=0, lt=1)] = 0.1

    def prepare(self, model: nn.Module) -> None:
        """Put timm's DropBlock where timm has it; MixBenchError for backbones without it, which most are."""
        from timm.layers.drop import DropBlock2d

        from mixbench.augment.tools.blocks import adopt

        adopt(model.get_submodule("net"), self.name, DropBlock2d, "drop_block_rate", self.rate)
