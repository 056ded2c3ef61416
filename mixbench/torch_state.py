"""What torch keeps for the whole process or model, changed for a while and left as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def library_randomness(rng: np.random.Generator) -> Iterator[None]:
    """Seed torch's global generators from a stream inside, for library code that knows no others."""
    # Asking an idle CUDA for its generators would start it, so only a running one is forked.
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(rng.integers(2**63)))
        yield


@contextmanager
def fixed_arithmetic(threads: int) -> Iterator[None]:
    """Compute with so many CPU threads and with deterministic cuDNN kernels inside: same spec, same bits.

    float32 is float32 there: without this cuDNN's convolutions would keep ten bits of it (TF32).
    """
    cudnn = torch.backends.cudnn
    before = torch.get_num_threads(), cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32
    torch.set_num_threads(threads)
    cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32 = True, False, False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32 = before[1:]


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode inside; each module has its old mode back afterwards."""
    before = modes(model)
    model.eval()
    try:
        yield
    finally:
        for name, module in model.named_modules():
            module.training = before[name]


def modes(model: nn.Module) -> dict[str, bool]:
    """Return which modules are in training mode, by name."""
    return {name: module.training for name, module in model.named_modules()}
