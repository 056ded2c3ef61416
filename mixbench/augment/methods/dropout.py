"""Dropout inside residual blocks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, method
from mixbench.augment.traits import Change, Stage

if TYPE_CHECKING:
    from torch import Tensor, nn


@method
class Dropout(Augmentation):
    """Dropout inside every residual block, on what its last convolution is given.

    Zagoruyko and Komodakis, Wide Residual Networks, 2016, §2.4; Zhang et al., mixup, 2018, §3.4, Table 2. In blocks of
    three convolutions it comes before the third. Not timm's `drop_rate`, which drops features before the classifier.

    p: with which each activation is set to zero in training; the others are divided by 1 − p.
    """

    name = "dropout"
    stage = Stage.MODEL
    changes = (Change.MODEL,)
    origin = Origin(
        title="Wide Residual Networks",
        authors="Sergey Zagoruyko and Nikos Komodakis",
        year=2016,
        link="https://arxiv.org/abs/1605.07146",
        venue="British Machine Vision Conference (BMVC)",
        details={"pages": "87.1--87.12"},
        repository="https://github.com/szagoruyko/wide-residual-networks",
        settings={"CIFAR": "dropout", "SVHN": "dropout(p=0.4)"},
        why="p 0.3 is the authors' for CIFAR.",
        departures=("In blocks of three convolutions it comes before the third, which the paper does not have.",),
    )

    p: Annotated[float, Interval(ge=0, lt=1)] = 0.3

    def prepare(self, model: nn.Module) -> None:
        """Drop what the last convolution of each block is given; MixBenchError for other than ResNets."""
        from mixbench.augment.tools.blocks import last_convolutions, refusal

        net = model.get_submodule("net")
        convolutions = last_convolutions(net)
        if not convolutions:
            needed = "the residual blocks of a ResNet or ResNetV2"
            raise refusal(self.name, net, needed, f"with those of {type(net).__name__}")
        for convolution in convolutions:
            convolution.register_forward_pre_hook(partial(_drop, p=self.p))


def _drop(convolution: nn.Module, inputs: tuple[Tensor, ...], p: float) -> tuple[Tensor, ...]:
    from torch.nn.functional import dropout

    return (dropout(inputs[0], p, convolution.training), *inputs[1:])
