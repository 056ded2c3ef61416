"""Normalised log-spectrograms of one size, and the bytes that they are kept as."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

VERSION = 1
"""Raised when the same waveform would give other bytes."""

WINDOW, HOP = 320, 160
"""Samples: 20 ms and 10 ms at 16 kHz."""

BANDS, FRAMES = 160, 101
"""Height and width: frequencies from 0 in steps of 50 Hz, times from 0 in steps of 10 ms."""

LEVELS, ZERO = 16, 64
"""Bytes a standard deviation, and the byte of the mean, so that −4 … 11.9 deviations have one."""


def log_spectrogram(waveform: Float[np.ndarray, " n"]) -> Float[np.ndarray, "bands frames"]:
    """Return ln(1 + |STFT|) of a waveform in [−1, 1], a column for every HOP samples, its window's middle there.

    A periodic Hamming window, zeros before and after the sound. The highest frequency, half the rate, is left out.
    """
    around = np.pad(waveform, WINDOW // 2)
    pieces = np.lib.stride_tricks.sliding_window_view(around, WINDOW)[::HOP]
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    return np.log1p(np.abs(np.fft.rfft(pieces * window)[:, :BANDS])).T


def normalised(spectrogram: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Return a spectrogram with mean 0 and deviation 1; one that is the same everywhere, as of silence, is all 0."""
    centred = spectrogram - spectrogram.mean()
    return centred / (centred.std() or 1.0)


def fitted(image: Float[np.ndarray, "h w"], frames: int) -> Float[np.ndarray, "h frames"]:
    """Return an image with zeros after its last column, or cut after so many."""
    return np.pad(image[:, :frames], [(0, 0), (0, max(0, frames - image.shape[1]))])


def as_bytes(deviations: Float[np.ndarray, "*shape"], levels: int, zero: int) -> UInt8[np.ndarray, "*shape"]:
    """Return each number of deviations as the nearest byte, `levels` a deviation from `zero`, the ends beyond them."""
    return np.clip(np.rint(zero + levels * deviations), 0, 255).astype(np.uint8)


def as_image(waveform: Float[np.ndarray, " n"]) -> UInt8[np.ndarray, "160 101"]:
    """Return a waveform's spectrogram, normalised, then brought to FRAMES, as bytes.

    Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018, §3.3.
    """
    return as_bytes(fitted(normalised(log_spectrogram(waveform)), FRAMES), LEVELS, ZERO)


def as_pgm(image: UInt8[np.ndarray, "h w"]) -> bytes:
    """Return a grey image as a PGM file, which the image pipeline reads."""
    height, width = image.shape
    return b"P5 %d %d 255\n" % (width, height) + image.tobytes()
