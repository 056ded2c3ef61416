"""What a user hands over in Python, made into the tensors and modules that the battery takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.ranges import span, to_shares

FEWEST = 2
"""Images that temperature scaling needs, one a half."""

MAX_CHANNELS = 4


class Called(nn.Module):
    """A plain function as a model."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Any:
        """Call it."""
        return self.function(images)


def as_model(name: str, model: object) -> nn.Module:
    """Return a module as it is and any other callable as one; MixBenchError for what cannot be called."""
    if isinstance(model, nn.Module):
        return model
    if not callable(model) or isinstance(model, type):
        got = f"the class {model.__name__}, not an instance of it" if isinstance(model, type) else type(model).__name__
        raise MixBenchError(f"{name}: needed a torch.nn.Module or a function of images, got {got}")
    return Called(model)


def as_examples(name: str, images: object, labels: object) -> tuple[Tensor, Tensor]:
    """Return images (N, C, H, W) float32 in [0, 1] and labels (N,) int64, from tensors, arrays, lists or a loader.

    A loader of (images, labels) stands in place of the images, without labels. MixBenchError with what to do for
    anything else.
    """
    if labels is None:
        images, labels = _from_loader(name, images)
    found = _images(name, images)
    return found, _labels(name, labels, found)


def _from_loader(name: str, loader: object) -> tuple[Tensor, Tensor]:
    if isinstance(loader, (Tensor, np.ndarray)) or not isinstance(loader, Iterable):
        raise MixBenchError(
            f"{name}: needed images and labels, or a loader of both, got {type(loader).__name__} and no labels"
        )
    batches = [tuple(batch) for batch in loader if isinstance(batch, (tuple, list)) and len(batch) == 2]
    if not batches:
        raise MixBenchError(f"{name}: needed a loader of (images, labels), got {type(loader).__name__} without any")
    parts = [(_tensor(name, images), torch.as_tensor(labels)) for images, labels in batches]
    return torch.cat([images for images, _ in parts]), torch.cat([labels.reshape(-1) for _, labels in parts])


def _tensor(name: str, images: object) -> Tensor:
    try:
        return images if isinstance(images, Tensor) else torch.from_numpy(np.ascontiguousarray(images))
    except (TypeError, ValueError):
        advice = "; give a loader alone, without labels" if isinstance(images, Iterable) else ""
        raise MixBenchError(
            f"{name}: needed a tensor or array of images, got {type(images).__name__}{advice}"
        ) from None


def _images(name: str, images: object) -> Tensor:
    found = _tensor(name, images)
    if found.ndim != 4 or len(found) < FEWEST:
        raise MixBenchError(
            f"{name}: needed shape (N, C, H, W) with N of at least {FEWEST}, got {tuple(found.shape)}{_shape(found)}"
        )
    if found.shape[1] > MAX_CHANNELS >= found.shape[3]:
        raise MixBenchError(
            f"{name}: needed shape (N, C, H, W), got {tuple(found.shape)}, with channels last; give"
            " images.permute(0, 3, 1, 2), of an array images.transpose(0, 3, 1, 2)"
        )
    if not found.is_floating_point():
        raise MixBenchError(f"{name}: needed float32 in [0, 1], got {found.dtype}{_advice(found)}")
    if not bool(((found >= 0) & (found <= 1)).all()):
        raise MixBenchError(f"{name}: needed pixels in [0, 1], got them{_advice(found)}")
    return found.float()


def _shape(images: Tensor) -> str:
    return "; images.unsqueeze(1) gives grey ones their channel" if images.ndim == 3 and len(images) >= FEWEST else ""


def _advice(images: Tensor) -> str:
    if images.is_complex() or not images.numel():
        return "; give them as floats"
    low, high = float(images.min()), float(images.max())
    return f" {span(low, high)}; {to_shares(low, high, images.is_floating_point())}"


def _labels(name: str, labels: object, images: Tensor) -> Tensor:
    what = "labels" if name == "images" else f"{name}' labels"
    try:
        found = torch.as_tensor(labels)
    except (TypeError, ValueError, RuntimeError):
        got = f"{type(labels).__name__} of other things"
        raise MixBenchError(f"{what}: needed {len(images)} integers, got {got}; number the classes from 0") from None
    if found.shape != images.shape[:1] or found.is_floating_point() or found.dtype == torch.bool:
        advice = ""
        if found.ndim == 2 and len(found) == len(images):
            advice = "; labels.argmax(1) makes them of one row an image"
        elif found.is_floating_point() and found.shape == images.shape[:1]:
            advice = "; convert them with .long()"
        raise MixBenchError(
            f"{what}: needed {len(images)} integers, got shape {tuple(found.shape)} of {found.dtype}{advice}"
        )
    return found.long().to(images.device)


def as_eps(name: str, value: object, least: float) -> float:
    """Return an ε in pixels of [0, 1]; MixBenchError for anything else, with the byte that was meant."""
    if isinstance(value, str):
        raise MixBenchError(f"{name}: needed a number, got the text {value!r}; leave out the quotes")
    try:
        eps = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        raise MixBenchError(f"{name}: needed a number, got {type(value).__name__}; give one such as 8/255") from None
    if not least <= eps <= 1:
        meant = f"; did you mean {eps:g}/255?" if 1 < eps <= 255 else ""
        bound = "0 to 1" if least == 0 else "above 0, at most 1"
        raise MixBenchError(f"{name}: needed ε in pixels of [0, 1], {bound}, got {eps:g}{meant}")
    return eps
