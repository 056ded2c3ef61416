"""Small image folders, written by the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mixbench.spec.sections.data import Data


def section(path: Path, **changes: Any) -> Data:
    """Return a data section for the folder at `path`: colour, 4×4, counts that nobody checks here."""
    channels = changes.get("channels", 3)
    base = {"name": "own", "loader": "folder", "path": str(path), "train_images": 1, "test_images": 1, "classes": 2}
    shape = {"channels": channels, "height": 4, "width": 4, "mean": [0.5] * channels, "std": [0.25] * channels}
    return Data.model_validate({**base, **shape, **changes})


def noise(seed: int, height: int = 4, width: int = 4, channels: int = 3) -> np.ndarray:
    """Return random pixels (H, W, C), or (H, W) for one channel."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8)


def write(path: Path, pixels: np.ndarray) -> Path:
    """Write an image file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def write_folder(root: Path, *parts: str, classes: tuple[str, ...] = ("cat", "dog"), each: int = 2) -> Path:
    """Write `each` different images of every class below each part ('' for the root itself)."""
    seed = 0
    for part in parts:
        for name in classes:
            for place in range(each):
                write(root / part / name / f"{place}.png", noise(seed := seed + 1))
    return root
