"""Library code that knows only torch's global generators, made to draw from a stream of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def library_randomness(rng: np.random.Generator) -> Iterator[None]:
    """Seed torch's global generators from a stream inside, and leave the caller's as they were."""
    # Asking an idle CUDA for its generators would start it, so only a running one is forked.
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(rng.integers(2**63)))
        yield
