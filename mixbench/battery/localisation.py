"""Where a classifier sees a class, by its class activation map, held against a known box.

Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016, sections 2 and 3.2: the feature maps
before the global average pooling, weighted by the classifier's weights for the class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy import ndimage
from torch import Tensor, nn
from torch.nn.functional import interpolate, linear
from torchvision.ops import box_iou

from mixbench.battery.subject import Outcomes
from mixbench.data.loaders.loader import Boxes
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.training.backbone import Classifier
from mixbench.training.predict import examples_of

SHARE = 0.2
"""Of a map's largest value, from which on a pixel is of the item; the paper's."""


@torch.no_grad()
def localise(model: Classifier, split: Split, boxes: Boxes) -> Outcomes:
    """Return, for each image (N,), its label, the label predicted, the box (N, 4) that the map of its label gives, and
    that box's overlap with the known one, area of both by area of either.

    The model is to be in evaluation mode. MixBenchError for one that has no such map.
    """
    found = []
    for part, images, labels in examples_of(split):
        boxed = boxes_of(activation_maps(model, images, labels).cpu().numpy())
        overlap = box_iou(torch.from_numpy(boxed).double(), torch.from_numpy(boxes[part]).double()).diagonal()
        found.append((labels.cpu().numpy(), model(images).argmax(1).cpu().numpy(), boxed, overlap.numpy()))
    names = ("label", "predicted", "box", "overlap")
    return dict(zip(names, map(np.concatenate, zip(*found, strict=True)), strict=True))


@torch.no_grad()
def activation_maps(
    model: Classifier, images: Float[Tensor, "n c h w"], labels: Int[Tensor, " n"]
) -> Float[Tensor, "n h w"]:
    """Return each image's map of a label, bilinear to the image's size and scaled to [0, 1]; errors as localise."""
    features, weights = _last_maps(model, images)
    maps = torch.einsum("nchw,nc->nhw", features, weights[labels])
    return _scaled(interpolate(maps[:, None], size=images.shape[-2:], mode="bilinear", align_corners=False)[:, 0])


def _last_maps(
    model: Classifier, images: Float[Tensor, "n c h w"]
) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "k d"]]:
    """The maps before the mean, and each class's weights of them; a head may be a convolution of 1×1."""
    net: Any = model.net
    features = net.forward_features(model.normalised(images)) if hasattr(net, "forward_features") else None
    head = net.get_classifier() if hasattr(net, "get_classifier") else None
    if isinstance(features, Tensor) and features.ndim == 4 and isinstance(head, nn.Linear | nn.Conv2d):
        pooled, weights = features.mean((2, 3)), head.weight.flatten(1)
        if pooled.shape[1] == weights.shape[1]:
            logits = linear(pooled, weights, head.bias)
            if torch.allclose(logits, model(images), rtol=1e-3, atol=1e-3):
                return features, weights
    raise MixBenchError(
        "class activation map: needed a backbone whose logits are linear in the mean of its last feature maps, got"
        f" {type(net).__name__}, another; use a ResNet or DenseNet"
    )


def _scaled(maps: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """A constant map becomes 0."""
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp_min(torch.finfo(maps.dtype).tiny)


def boxes_of(maps: Float[np.ndarray, "n h w"]) -> Boxes:
    """Return the box of the largest connected part of each map's pixels from SHARE of its largest value on."""
    return np.array([_box(each >= SHARE * each.max()) for each in maps], dtype=np.int64)


def _box(seen: Bool[np.ndarray, "h w"]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, the last two just outside; pixels that touch at a corner alone are apart."""
    parts = np.zeros(seen.shape, dtype=np.int32)
    ndimage.label(seen, output=parts)
    largest = np.bincount(parts.ravel())[1:].argmax()
    rows, columns = ndimage.find_objects(parts)[largest]
    return columns.start, rows.start, columns.stop, rows.stop
