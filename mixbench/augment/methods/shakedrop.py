"""ShakeDrop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, method
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    from torch import nn


@method
class ShakeDrop(Augmentation):
    """Residual branches shaken: times b + α − bα forwards and b + β − bβ backwards, evaluated by expectation.

    Yamada et al., ShakeDrop Regularization for Deep Residual Learning, 2019, §3. α is uniform in [−1, 1] and β in
    [0, 1]; b is 1 with the block's survival, one draw a block and batch. The l-th of L blocks survives with
    1 − l/L · (1 − survival). Branches must end in batch norm, which the paper found to keep it stable.

    survival: of the deepest block.
    level: one draw of α and β an element, as in the authors' code ("pixel level", the best of its read-me), or one an
    image, as in a widespread PyTorch port (owruby/shake-drop_pytorch).
    """

    name = "shakedrop"
    version = 2
    stage = Stage.MODEL
    claims = frozenset({Claim.DROP_PATH})
    changes = (Change.MODEL,)
    origin = Origin(
        title="ShakeDrop Regularization for Deep Residual Learning",
        authors="Yoshihiro Yamada and Masakazu Iwamura and Takuya Akiba and Koichi Kise",
        year=2019,
        link="https://arxiv.org/abs/1802.02375",
        venue="IEEE Access",
        entry="article",
        details={"volume": "7", "pages": "186126--186136"},
        repository="https://github.com/imenurok/ShakeDrop",
        commit="43d2f65, read only; its port shake-drop_pytorch 4ef1884, executed",
        settings={"CIFAR": "shakedrop"},
        why="The authors' code has one draw an element, ranges [−1, 1] and [0, 1], and linear decay to 0.5.",
        departures=("A row's backbone is the suite's; the authors shake PyramidNet and ResNeXt.",),
    )

    survival: Annotated[float, Interval(ge=0, le=1)] = 0.5
    level: Literal["element", "image"] = "element"

    def prepare(self, model: nn.Module) -> None:
        """Shake the end of every residual branch; MixBenchError where a branch does not end in batch norm."""
        from mixbench.augment.tools.blocks import normalised_branches, put, refusal
        from mixbench.augment.tools.shake import Shake

        net = model.get_submodule("net")
        size: Any = model.size
        branches, others = normalised_branches(net, size)
        if not branches or others:
            found = f"whose {others[0].rpartition('.')[0]} does not" if others else "without such places"
            raise refusal(self.name, net, "residual branches that all end in batch norm", found)
        for depth, path in enumerate(branches, start=1):
            survival = 1 - depth / len(branches) * (1 - self.survival)
            put(net, path, Shake(survival, self.level == "element"), self.name)
