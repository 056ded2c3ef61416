"""What runs it: versions, the card, and how fast a matrix product and a copy are on it, so that ratios can be read."""

from __future__ import annotations

import platform
from importlib.metadata import version

import torch

from benchmarks.gpu.part import Check
from benchmarks.gpu.timing import seconds_each

PACKAGES = ("torch", "torchvision", "numpy", "timm", "torchattacks", "scipy")


def measure(check: Check) -> None:
    """Note versions, the card, dense products in bfloat16 and float32, and a copy on the device."""
    check.note("python", platform.python_version())
    check.note("packages", {name: version(name) for name in PACKAGES})
    if check.device == "cuda":
        card = torch.cuda.get_device_properties(0)
        check.note("card", {"name": card.name, "bytes": card.total_memory, "capability": f"{card.major}.{card.minor}"})
        check.note("cuda", {"runtime": torch.version.cuda, "cudnn": torch.backends.cudnn.version()})
    side = 256 if check.quick else 8192
    for dtype in (torch.bfloat16, torch.float32):
        matrix = torch.randn(side, side, device=check.device, dtype=dtype)
        seconds = seconds_each(check, lambda matrix=matrix: matrix @ matrix)
        check.note(f"{dtype}".removeprefix("torch.") + "_product_tflops", 2 * side**3 / seconds / 1e12)
    block = torch.empty(side * side * 4, device=check.device)
    seconds = seconds_each(check, block.clone)
    check.note("copy_gb_per_second", 2 * block.numel() * 4 / seconds / 1e9)
