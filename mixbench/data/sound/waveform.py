"""A stranger's WAV file, from its bytes to a waveform in [−1, 1]."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
from jaxtyping import Float

from mixbench.data.images.decode import Unfit, Unreadable

RATE = 16_000
"""Samples a second."""

LONGEST = 10 * RATE
"""Samples of one file at most."""

BYTES = 2
"""Of one sample."""

MAX_BYTES = BYTES * LONGEST + 65_536
"""Of a file: the samples, and what may stand beside them."""

BROKEN = (wave.Error, EOFError, RuntimeError, struct.error, ValueError, ArithmeticError, OSError)
"""What the standard library's `wave` raises on hostile or damaged files."""


def read_waveform(path: Path) -> Float[np.ndarray, " n"]:
    """Return the waveform of a file; errors as waveform, and OSError where it cannot be read."""
    with path.open("rb") as file:
        return waveform(file.read(MAX_BYTES + 1))


def waveform(content: bytes) -> Float[np.ndarray, " n"]:
    """Return the samples of a WAV file in [−1, 1]: 16-bit PCM, one channel, 16 kHz.

    Unreadable where the file is corrupt, empty or longer than LONGEST; Unfit for sound of another kind.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(f"more than {MAX_BYTES} bytes")
    try:
        with wave.open(io.BytesIO(content)) as file:
            about, frames = file.getparams(), file.readframes(LONGEST)
    except BROKEN as error:
        raise Unreadable(str(error) or type(error).__name__) from None
    _check_kind(about.nchannels, about.sampwidth, about.framerate)
    if len(frames) != BYTES * about.nframes or not frames:
        got = f"{len(frames) // BYTES} samples, where its head says {about.nframes}"
        raise Unreadable(f"{got}; 1 to {LONGEST} are read")
    return np.frombuffer(frames, "<i2") / 2.0**15


def _check_kind(channels: int, width: int, rate: int) -> None:
    if (channels, width, rate) != (1, BYTES, RATE):
        raise Unfit(
            f"needed one channel of 16 bits at {RATE} Hz, got {channels} of {8 * width} bits at {rate} Hz; convert it"
        )
