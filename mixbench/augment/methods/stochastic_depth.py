"""Stochastic depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.protocol import Augmentation, Change, Claim, Stage, method

if TYPE_CHECKING:
    from torch import nn


@method
class StochasticDepth(Augmentation):
    """Residual branches left out at random, each image by its own draw, more often the deeper they lie.

    Huang et al., Deep Networks with Stochastic Depth, 2016, §3; timm's drop path, at the places and with the rates that
    timm gives the backbone: linear by depth from 0. Branches that stay are divided by their survival in training.

    rate: with which the deepest branch is left out.
    """

    name = "stochastic_depth"
    paper = "Huang et al., 2016, arXiv 1603.09382"
    stage = Stage.MODEL
    claims = frozenset({Claim.DROP_PATH})
    changes = (Change.MODEL,)
    libraries = ("timm",)

    rate: Annotated[float, Interval(gt=0, lt=1)] = 0.2

    def prepare(self, model: nn.Module) -> None:
        """Put timm's drop path into every residual branch; MixBenchError where timm has none for the backbone."""
        from timm.layers.drop import DropPath

        from mixbench.augment.tools.blocks import adopt

        adopt(model.get_submodule("net"), self.name, DropPath, "drop_path_rate", self.rate)
