"""What fills a hole: the mean colour, which normalisation turns into zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Context, Images


def mean_colour(images: Images, context: Context | None) -> Float[Tensor, "1 c 1 1"]:
    """Return the data set's mean colour; the batch's own where there is no context."""
    if context is None:
        return images.mean(dim=(0, 2, 3), keepdim=True)
    return images.new_tensor(context.data.mean).reshape(1, -1, 1, 1)
