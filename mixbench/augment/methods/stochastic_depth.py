"""Stochastic depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, method
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    from torch import nn


@method
class StochasticDepth(Augmentation):
    """Residual branches left out at random, each image by its own draw, more often the deeper they lie.

    Huang et al., Deep Networks with Stochastic Depth, 2016, §3; timm's drop path, at the places and with the rates that
    timm gives the backbone: linear by depth from 0, (i − 1)/(L − 1) of the rate for the i-th of L. Branches that stay
    are divided by their survival in training. The authors have i/L of a rate of 0.5, draw once a batch, and multiply
    by the survival in evaluation.

    rate: with which the deepest branch is left out.
    """

    name = "stochastic_depth"
    stage = Stage.MODEL
    claims = frozenset({Claim.DROP_PATH})
    changes = (Change.MODEL,)
    libraries = ("timm",)
    origin = Origin(
        title="Deep Networks with Stochastic Depth",
        authors="Gao Huang and Yu Sun and Zhuang Liu and Daniel Sedra and Kilian Q. Weinberger",
        year=2016,
        link="https://arxiv.org/abs/1603.09382",
        venue="European Conference on Computer Vision (ECCV)",
        details={"pages": "646--661"},
        repository="https://github.com/yueatsprograms/Stochastic_Depth",
        commit="286bb50, read only",
        settings={"CIFAR": "stochastic_depth(rate=0.5)", "ImageNet": "stochastic_depth(rate=0.5)"},
        why="The authors' 0.5 is for 110 layers and more; the suites' backbones are far shallower.",
        departures=(
            ("timm's: the i-th of L branches is left out with (i − 1)/(L − 1) of the rate, the authors' with i/L."),
            "One draw an image, where the authors draw once a batch.",
            "Branches that stay are scaled up in training; the authors scale all down in evaluation.",
        ),
    )

    rate: Annotated[float, Interval(gt=0, lt=1)] = 0.2

    def prepare(self, model: nn.Module) -> None:
        """Put timm's drop path into every residual branch; MixBenchError where timm has none for the backbone."""
        from timm.layers.drop import DropPath

        from mixbench.augment.tools.blocks import adopt

        adopt(model.get_submodule("net"), self.name, DropPath, "drop_path_rate", self.rate)
