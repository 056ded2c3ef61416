"""Which device a request runs on, found out without loading torch where there is no NVIDIA driver."""

from __future__ import annotations

import ctypes
import os
from typing import Literal, get_args

from mixbench.spec.errors import MixBenchError, unknown

Device = Literal["cpu", "cuda"]
Request = Literal["auto", "cpu", "cuda"]


def resolve(request: str, elsewhere: bool = False) -> Device:
    """Return the device of a request; MixBenchError for 'cuda' where there is none, unless it runs elsewhere."""
    if request not in get_args(Request):
        raise unknown("device", request, get_args(Request), "one of auto, cpu, cuda")
    if request == "cpu":
        return "cpu"
    if (elsewhere and request == "cuda") or cuda_is_here():
        return "cuda"
    if request == "cuda":
        raise MixBenchError("--device cuda: needed a CUDA device that torch can use, got none; use --device cpu")
    return "cpu"


def cuda_is_here() -> bool:
    """Whether torch can use a CUDA device; loads torch only where the driver's library is installed."""
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()
