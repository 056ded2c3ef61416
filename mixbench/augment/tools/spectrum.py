"""Random fields whose spectrum decays as a power of the frequency: FMix's masks and noise pictures."""

from __future__ import annotations

import numpy as np


def smooth_noise(n: int, side: tuple[int, int], decay: float, rng: np.random.Generator) -> np.ndarray:
    """Return n random fields (N, H, W), real, whose amplitude at frequency f is Gaussian with deviation f^(−decay).

    Frequencies are in cycles a pixel, the lowest counted as 1 / max(H, W). Harris et al., FMix, 2020, §4.
    """
    height, width = side
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    scale = np.maximum(frequency, 1 / max(side)) ** -decay
    real, imaginary = rng.standard_normal((2, n, *scale.shape))
    return np.fft.irfft2(scale * (real + 1j * imaginary), s=side)
