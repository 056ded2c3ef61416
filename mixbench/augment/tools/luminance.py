"""An image's brightness."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Images

LUMA = (0.299, 0.587, 0.114)


def luminance(images: Images) -> Float[Tensor, "n h w"]:
    """Return the brightness (N, H, W) of images: ITU-R 601 for three channels, else the channels' mean."""
    if images.shape[1] == 3:
        return (images * images.new_tensor(LUMA)[:, None, None]).sum(dim=1)
    return images.mean(dim=1)
