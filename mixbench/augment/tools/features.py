"""What a classifier sees: its last feature map, its penultimate features, and its classifier's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Logits

    Weights = Float[Tensor, "k d"]
    Features = Float[Tensor, "n d"]


def image_size(model: nn.Module) -> tuple[int, int, int]:
    """Return the (C, H, W) of the images that a model was made for."""
    parts: Any = model
    return parts.size


def feature_maps(model: nn.Module, images: Images) -> Tensor:
    """Return timm's last feature map before pooling, (N, D, h, w) for a convolutional backbone."""
    parts: Any = model
    return parts.net.forward_features(parts.normalised(images))


def classifier_weights(model: nn.Module) -> Weights:
    """Return the last layer's weights (K, D); MixBenchError where the backbone does not end in one linear layer."""
    return _last_layer(model).weight.flatten(1)


def features_and_logits(model: nn.Module, images: Images) -> tuple[Features, Logits]:
    """Return what the last layer takes (N, D) and what the model returns (N, K), in one forward pass."""
    taken: list[Tensor] = []
    handle = _last_layer(model).register_forward_pre_hook(lambda layer, inputs: taken.append(inputs[0]))
    try:
        logits = model(images)
    finally:
        handle.remove()
    return taken[0].flatten(1), logits


def _last_layer(model: nn.Module) -> Any:
    parts: Any = model
    layer = parts.net.get_classifier()
    if getattr(layer, "weight", None) is None:
        raise MixBenchError(
            f"backbone {type(parts.net).__name__}: needed one linear layer at the end, got"
            f" {type(layer).__name__}; use a ResNet"
        )
    return layer
