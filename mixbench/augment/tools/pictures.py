"""Pictures that belong to no class, generated instead of downloaded: fractals and coloured noise."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mixbench.augment.tools.spectrum import smooth_noise
from mixbench.spec.seeding import SUITE_SEED, stream

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images

COUNT = 128
ITERATIONS = 32


def draw_pictures(kind: str, images: Images, rng: np.random.Generator) -> Images:
    """Return one picture of a kind for each image of a batch, of its shape, dtype and device, in [0, 1]."""
    import torch

    pool = pictures(kind, images.shape[1], (images.shape[2], images.shape[3]))
    return torch.from_numpy(pool[rng.integers(len(pool), size=len(images))]).to(images) / 255


@lru_cache(maxsize=4)
def pictures(kind: str, channels: int, side: tuple[int, int]) -> np.ndarray:
    """Return the 128 pictures (128, C, H, W) of a kind, "fractal" or "noise", uint8; the same in every training."""
    rng = stream(SUITE_SEED, "pictures", kind, channels, *side)
    draw = _fractal if kind == "fractal" else _noise
    made = np.stack([draw(channels, side, rng) for _ in range(COUNT)])
    made.setflags(write=False)
    return made


def _fractal(channels: int, side: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw a Julia set of a parameter just outside the Mandelbrot set's cardioid, through a random palette."""
    turn = np.exp(2j * np.pi * rng.random())
    parameter = (turn / 2 - turn**2 / 4) * rng.uniform(1.0, 1.1)
    rows, columns = (np.linspace(-1, 1, length) for length in side)
    zoom, centre = rng.uniform(0.5, 1.5), complex(*rng.uniform(-0.3, 0.3, 2))
    z = zoom * turn * (columns[None, :] + 1j * rows[:, None]) + centre
    height = np.zeros(side)
    for _ in range(ITERATIONS):
        height += np.exp(-np.abs(z))
        z = np.where(np.abs(z) < 4, z * z + parameter, z)
    cycles, phases = rng.uniform(0.5, 2, (channels, 1, 1)), rng.random((channels, 1, 1))
    return _bytes(np.cos(2 * np.pi * (cycles * _stretched(height) + phases)) / 2 + 0.5)


def _noise(channels: int, side: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw noise whose amplitude falls as a power of 0.5 to 2 of the frequency, as in natural images.

    Baradad et al., Learning to See by Looking at Noise, 2021, §3.2.
    """
    field = smooth_noise(channels, side, rng.uniform(0.5, 2), rng)
    return _bytes(np.stack([_stretched(channel) for channel in field]))


def _stretched(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / max(np.ptp(values), 1e-12)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 255).astype(np.uint8)
