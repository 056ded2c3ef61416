"""What `mix` is called with: tensors of floats, and a generator or a seed that stands for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    import numpy as np


def as_generator(rng: object) -> np.random.Generator:
    """Return a generator as it is, and that of a seed; MixBenchError for anything else, such as torch's."""
    import numpy as np

    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    # What draws as a generator does is one; torch's and NumPy's old ones draw otherwise.
    if any(hasattr(rng, name) for name in ("integers", "permutation", "beta")) and not hasattr(rng, "seed"):
        return rng  # pyright: ignore[reportReturnType]
    raise MixBenchError(
        f"rng: needed a numpy.random.Generator or a seed, 0 or more, got {type(rng).__name__}; give"
        " numpy.random.default_rng(0)"
    )


def _check_batch(**batch: Any) -> None:
    advice = {
        "images": "pixels (N, C, H, W), such as torch.as_tensor(images).float()",
        "targets": "a distribution a row (N, K), such as torch.nn.functional.one_hot(labels, classes).float()",
    }
    for what, tensor in batch.items():
        if not hasattr(tensor, "is_floating_point") or not tensor.is_floating_point():
            got = getattr(tensor, "dtype", type(tensor).__name__)
            raise MixBenchError(f"{what}: needed a tensor of floats, got {got}; give {advice[what]}")


def checked_mix(mix: Callable[..., Any]) -> Callable[..., Any]:
    """Check the batch that a method's mix is given, and let a seed stand for its generator."""

    @wraps(mix)
    def seeded(self: Any, images: Any, targets: Any, rng: Any, *rest: Any, **named: Any) -> Any:
        _check_batch(images=images, targets=targets)
        return mix(self, images, targets, as_generator(rng), *rest, **named)

    return seeded
