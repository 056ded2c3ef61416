"""Fine-grained static saliency: how far each pixel differs from its surroundings, at six scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixbench.augment.tools.luminance import luminance

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Images

    Grey = Float[Tensor, "n h w"]

SCALES = (12, 24, 48, 28, 56, 112)


def saliency(images: Images) -> Grey:
    """Return the saliency (N, H, W) of images in [0, 1], float32: brighter and darker summed.

    OpenCV's StaticSaliencyFineGrained first scales each of the two to the same maximum; then the brightest and the
    darkest pixel of an image smaller than the scales always tie, and rounding would choose between them.
    """
    brighter, darker = contrasts(images)
    return brighter + darker


def contrasts(images: Images) -> tuple[Grey, Grey]:
    """Return how much brighter and how much darker each pixel (N, H, W) is than its surroundings, over all scales.

    Montabone and Soto, Human detection using a mobile platform and novel features derived from a visual saliency
    mechanism, 2010, with the scales and the smoothing of OpenCV, without its 8-bit steps.
    """
    import torch

    grey = _smooth(_smooth(luminance(images.float())))
    differences = torch.stack([grey - surroundings(grey, scale) for scale in SCALES])
    return differences.clamp_min(0).sum(dim=0), differences.clamp_max(0).neg().sum(dim=0)


def surroundings(grey: Grey, scale: int) -> Grey:
    """Return each pixel's mean over the rows and columns from −scale + 1 to +scale, cut at the border, less itself."""
    import torch
    from torch.nn.functional import pad

    sums = pad(grey.cumsum(1).cumsum(2), (1, 0, 1, 0))
    edges = []
    for side in grey.shape[1:]:
        places = torch.arange(side, device=grey.device)
        edges += [(places - scale + 1).clamp(0, side), (places + scale + 1).clamp(0, side)]
    top, bottom, left, right = edges
    lower, upper = sums[:, bottom], sums[:, top]
    total = lower[:, :, right] - lower[:, :, left] - upper[:, :, right] + upper[:, :, left]
    area = (bottom - top)[:, None] * (right - left)
    return (total - grey) / (area - 1)


def _smooth(grey: Grey) -> Grey:
    """Blur with (1, 2, 1)/4 along both sides, mirrored at the border without repeating it."""
    from torch.nn.functional import pad

    wide = pad(grey[:, None], (1, 1, 1, 1), mode="reflect").squeeze(1)
    rows = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]) / 4
    return (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 4
