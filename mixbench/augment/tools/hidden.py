"""Where a hidden representation is changed on its way through a model: the input, the stem's output or a stage's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge

from mixbench.augment.tools.partners import permutation

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

Place = Annotated[int, Ge(0)] | Literal["stem"]
"""0: the normalised input; stem: what the first residual stage is given; k ≥ 1: the output of the k-th stage."""


def require_places(name: str, model: nn.Module, places: Sequence[Place]) -> None:
    """Raise MixBenchError where the backbone lacks one of a method's places."""
    from mixbench.augment.tools.blocks import refusal, residual_stages

    net = model.get_submodule("net")
    count = len(residual_stages(net))
    highest = max((place for place in places if place != "stem"), default=0)
    if highest > count or ("stem" in places and not count):
        raise refusal(name, net, f"stages={list(places)}", f"with {count} residual stages")


def drawn_mixture(
    count: int, places: Sequence[Place], alpha: float, rng: np.random.Generator
) -> tuple[Place, Callable[[Tensor], Tensor]]:
    """Draw a batch's place, λ ~ Beta(α, α) and permutation; return the place and what mixes `count` rows of values."""
    place = places[int(rng.integers(len(places)))]
    share = float(rng.beta(alpha, alpha))
    order = permutation(count, rng)

    def mixed(values: Tensor) -> Tensor:
        return values * share + values[order] * (1 - share)

    return place, mixed


def changed_at(model: nn.Module, place: Place, change: Callable[[Tensor], Tensor]) -> Any:
    """Change what lies at a place until the context that is returned ends."""
    from mixbench.augment.tools.blocks import residual_stages

    net = model.get_submodule("net")
    if place == 0:
        return net.register_forward_pre_hook(lambda module, inputs: (change(inputs[0]), *inputs[1:]))
    stages: list[Any] = residual_stages(net)
    if place == "stem":
        return stages[0].register_forward_pre_hook(lambda stage, inputs: (change(inputs[0]), *inputs[1:]))
    return stages[place - 1].register_forward_hook(lambda stage, inputs, output: change(output))
