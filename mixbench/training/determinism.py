"""What makes the same spec give the same bits: threads, deterministic kernels, forked library randomness."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def library_randomness(rng: np.random.Generator) -> Iterator[None]:
    """Seed torch's global generators from a stream inside, and leave the caller's as they were."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(int(rng.integers(2**63)))
        yield


@contextmanager
def fixed_arithmetic(threads: int) -> Iterator[None]:
    """Compute with so many CPU threads and with deterministic cuDNN kernels inside."""
    before = torch.get_num_threads(), torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before[1:]
