"""scikit-learn's digits as large as Fashion-MNIST's pictures: every pixel 3×3, and two black ones around."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

from mixbench.data.loaders.digits import WHITE, digits
from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split, held
from mixbench.spec.sections.data import Data

ZOOM, BORDER = 3, 2


def digits_28(data: Data) -> tuple[Split, Split]:
    """Return the split of digits, images (N, 1, 28, 28); errors as digits."""
    train, test = (Split(_enlarged(part), part.labels, WHITE) for part in digits(data))
    return train, test


def _enlarged(part: Split) -> Tensor:
    large = held(part).repeat_interleave(ZOOM, dim=2).repeat_interleave(ZOOM, dim=3)
    return pad(large, (BORDER,) * 4)


LOADER = Loader("digits-28", published(digits_28), of_shape(channels=1, height=28, width=28))
