"""Pictures that belong to no class, generated instead of downloaded: fractals and coloured noise."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mixbench.augment.tools.spectrum import smooth_noise
from mixbench.spec.seeding import SUITE_SEED, stream

if TYPE_CHECKING:
    from mixbench.augment.protocol import Images

COUNT = 1024
ITERATIONS = 32
AT_ONCE = 2**16
"""Pixels of fractals made together, few enough for a processor's cache."""


def draw_pictures(kind: str, images: Images, rng: np.random.Generator) -> Images:
    """Return a random crop of a random picture for each image (N, C, H, W), in [0, 1], of its dtype and device."""
    import torch

    height, width = images.shape[2:]
    pool = pictures(kind, images.shape[1], (height, width))
    rows, columns = pool.shape[2] - height + 1, pool.shape[3] - width + 1
    crops = np.lib.stride_tricks.sliding_window_view(pool, (height, width), axis=(2, 3))
    which, top, left = (rng.integers(high, size=len(images)) for high in (len(pool), rows, columns))
    return torch.from_numpy(crops[which, :, top, left]).to(images.device).to(images.dtype) / 255


@lru_cache(maxsize=4)
def pictures(kind: str, channels: int, side: tuple[int, int]) -> np.ndarray:
    """Return the pictures (1024, C, H, W) of a kind, "fractal" or "noise", uint8; the same in every training.

    H and W are 9/8 of the sides of the images to be cropped to, rounded up.
    """
    rng = stream(SUITE_SEED, "pictures", kind, channels, *side)
    height, width = (-(-9 * length // 8) for length in side)
    made = (_fractals if kind == "fractal" else _noises)(channels, (height, width), rng)
    made.setflags(write=False)
    return made


def _fractals(channels: int, side: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw Julia sets of parameters just outside the Mandelbrot set's cardioid, through random palettes."""
    turn = np.exp(2j * np.pi * rng.random(COUNT))
    parameter = (turn / 2 - turn**2 / 4) * rng.uniform(1.0, 1.1, COUNT)
    scale, centre = rng.uniform(0.5, 1.5, COUNT) * turn, rng.uniform(-0.3, 0.3, (COUNT, 2)) @ [1, 1j]
    cycles, phases = rng.uniform(0.5, 2, (COUNT, channels, 1, 1)), rng.random((COUNT, channels, 1, 1))
    made = np.empty((COUNT, channels, *side), dtype=np.uint8)
    step = max(1, AT_ONCE // (side[0] * side[1]))
    for few in (slice(start, start + step) for start in range(0, COUNT, step)):
        height = _stretched(_heights(parameter[few], scale[few], centre[few], side))[:, None]
        made[few] = _bytes(np.cos(2 * np.pi * (cycles[few] * height + phases[few])) / 2 + 0.5)
    return made


def _heights(parameter: np.ndarray, scale: np.ndarray, centre: np.ndarray, side: tuple[int, int]) -> np.ndarray:
    """Return for each place (n, H, W) how long and how near zero it stays under z² + parameter (n,)."""
    rows, columns = (np.linspace(-1, 1, length) for length in side)
    z = scale[:, None, None] * (columns + 1j * rows[:, None]) + centre[:, None, None]
    x, y = (part(z).astype(np.float32) for part in (np.real, np.imag))
    a, b = (part(parameter).astype(np.float32)[:, None, None] for part in (np.real, np.imag))
    height = np.zeros_like(x)
    for _ in range(ITERATIONS):
        square_x, square_y = x * x, y * y
        height += np.exp(-np.sqrt(square_x + square_y))
        # Whatever leaves this square stays outside, and is kept from overflowing.
        x, y = np.clip(square_x - square_y + a, -4, 4), np.clip(2 * x * y + b, -4, 4)
    return height


def _noises(channels: int, side: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw noise whose amplitude falls as a power of 0.5 to 2 of the frequency, as in natural images.

    Baradad et al., Learning to See by Looking at Noise, 2021, §3.2.
    """
    fields = (smooth_noise(channels, side, rng.uniform(0.5, 2), rng) for _ in range(COUNT))
    return np.stack([_bytes(_stretched(field)) for field in fields])


def _stretched(values: np.ndarray) -> np.ndarray:
    """Return fields (n, H, W), each stretched to [0, 1]."""
    low, high = (bound(axis=(1, 2), keepdims=True) for bound in (values.min, values.max))
    return (values - low) / np.maximum(high - low, 1e-12)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 255).astype(np.uint8)
