"""Class activation maps: which places of an image speak for a class."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mixbench.augment.tools.features import classifier_weights, feature_maps, image_size
from mixbench.spec.errors import MixBenchError
from mixbench.torch_state import evaluation_mode


def require_maps(model: nn.Module) -> None:
    """Raise MixBenchError where the last feature map is a single point or does not feed the classifier directly."""
    weights = classifier_weights(model)
    image = weights.new_zeros(1, *image_size(model))
    with torch.no_grad(), evaluation_mode(model):
        shape = tuple(feature_maps(model, image).shape[1:])
    if len(shape) != 3 or shape[0] != weights.shape[1] or shape[1] * shape[2] == 1:
        raise MixBenchError(
            f"augmentation 'snapmix': needed a last feature map of {weights.shape[1]} channels that is larger than"
            f" 1x1, got shape {shape}; use a ResNet, or larger images"
        )


def class_maps(model: nn.Module, images: Float[Tensor, "n c h w"], labels: Int[Tensor, " n"]) -> Float[Tensor, "n h w"]:
    """Return each image's class activation map for its label, in its own size; minimum 0, sum 1, float32.

    Made of the features after a ReLU, in evaluation mode without gradients, so that no batch norm statistics move. A
    constant map counts every pixel alike. Zhou et al., Learning Deep Features for Discriminative
    Localization, 2016, §2.
    """
    with torch.no_grad(), evaluation_mode(model):
        features = feature_maps(model, images).float().relu()
        weights = classifier_weights(model).float()[labels]
        return normalised((features * weights[:, :, None, None]).sum(dim=1), images.shape[2:])


def normalised(maps: Float[Tensor, "n a b"], size: torch.Size) -> Float[Tensor, "n h w"]:
    """Return maps resized bilinearly, less their minimum, divided by their sum."""
    large = interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False).squeeze(1)
    positive = large - large.amin(dim=(1, 2), keepdim=True)
    total = positive.sum(dim=(1, 2), keepdim=True)
    return torch.where(total > 0, positive / total.clamp_min(torch.finfo(total.dtype).tiny), 1 / size.numel())
