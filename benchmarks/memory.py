"""Peak memory of the battery on few and on many images, beyond what the process and its images took before."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator

from measured import Row, Settings

SIDE = 48
COUNTS = (1024, 8192)
MEGABYTE = 2**20


def measure(settings: Settings) -> Iterator[Row]:
    """Yield the growth at each number of images, and what they would take as floats."""
    for count in COUNTS:
        floats = count * 3 * SIDE**2 * 4 / MEGABYTE
        grown = [_measured(count) for _ in range(settings.few(1 if settings.quick else 3))]
        yield Row("memory", f"battery on {count} images of {SIDE}×{SIDE} ({floats:.0f} MB as floats)", "MB", grown)


def _measured(count: int) -> float:
    done = subprocess.run([sys.executable, __file__, str(count)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def grown(count: int) -> float:
    """Return by how many MB the battery raises this process's peak; the model is linear, so that it is quick."""
    import torch
    from torch import nn

    from mixbench.battery.battery import examine
    from mixbench.battery.subject import Subject
    from mixbench.data.split import Split
    from mixbench.spec.sections.battery import Battery

    torch.set_num_threads(1)
    images = torch.zeros(count, 3, SIDE, SIDE, dtype=torch.uint8)
    images.random_(256)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 10)).eval()
    settings = Battery.model_validate({"eps": 0.03, "eps_curve": [0.03], "pairs": 2})
    few = Split(images[:8], torch.arange(8) % 10)
    examine(Subject(model), few, settings, "memory")
    before = peak()
    examine(Subject(model), Split(images, torch.arange(count) % 10), settings, "memory")
    return (peak() - before) / MEGABYTE


def peak() -> int:
    """Return the most bytes that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    sys.stdout.write(str(grown(int(sys.argv[1]))))
