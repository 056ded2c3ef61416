"""ShakeDrop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Interval

from mixbench.augment.protocol import Augmentation, Change, Claim, Stage, method

if TYPE_CHECKING:
    from torch import nn


@method
class ShakeDrop(Augmentation):
    """Residual branches shaken: times b + α − bα forwards and b + β − bβ backwards, evaluated by expectation.

    Yamada et al., ShakeDrop Regularization for Deep Residual Learning, 2019, §3. α is uniform in [−1, 1] and β in
    [0, 1], one draw each an image; b is 1 with the block's survival, one draw a block and batch. The l-th of L blocks
    survives with 1 − l/L · (1 − survival). Branches must end in batch norm, which the paper found to keep it stable.

    survival: of the deepest block.
    """

    name = "shakedrop"
    paper = "Yamada et al., 2019, arXiv 1802.02375"
    stage = Stage.MODEL
    claims = frozenset({Claim.DROP_PATH})
    changes = (Change.MODEL,)

    survival: Annotated[float, Interval(ge=0, le=1)] = 0.5

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
            put(net, path, Shake(1 - depth / len(branches) * (1 - self.survival)), self.name)
