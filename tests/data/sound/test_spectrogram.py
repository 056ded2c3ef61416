"""Spectrograms against scipy.signal."""

import numpy as np
import pytest
from scipy.signal import ShortTimeFFT, get_window

from mixbench.data.sound.spectrogram import as_bytes, as_image, fitted, log_spectrogram, normalised


def sound(count, seed=0):
    """A glide with noise, in [−1, 1]."""
    time = np.arange(count) / 16_000
    return 0.5 * np.sin(2 * np.pi * (300 + 2000 * time) * time) + np.random.default_rng(seed).normal(0, 0.02, count)


@pytest.mark.parametrize("count", [1, 159, 160, 8_000, 15_999, 16_000])
def test_it_is_scipys(count):
    # scipy has a frame for every window that touches the sound; ours have their middle in it.
    theirs = ShortTimeFFT(get_window("hamming", 320), hop=160, fs=16_000, phase_shift=None)
    frames = 1 + count // 160
    known = np.log1p(np.abs(theirs.stft(np.pad(sound(count), (0, 320)), p0=0, p1=frames)))[:160]

    ours = log_spectrogram(sound(count))

    assert ours.shape == (160, frames)
    np.testing.assert_allclose(ours, known, rtol=1e-9, atol=1e-12)


def test_a_tone_is_in_its_band_and_a_click_in_its_frame():
    tone = log_spectrogram(np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000))
    assert (tone[:, 1:-1].argmax(axis=0) == 1000 / 50).all()
    click = np.zeros(16_000)
    click[4800] = 1
    loud = log_spectrogram(click).sum(axis=0)
    assert loud.argmax() == 4800 / 160
    assert (loud > 1e-9).sum() == 2


def test_normalised_has_mean_0_and_deviation_1_and_silence_is_0():
    found = normalised(log_spectrogram(sound(16_000)))
    np.testing.assert_allclose([found.mean(), found.std()], [0, 1], atol=1e-12)
    assert (as_image(np.zeros(16_000)) == 64).all()


@pytest.mark.parametrize(("count", "frames"), [(8_000, 51), (16_000, 101), (24_000, 101)])
def test_sound_that_is_short_is_followed_by_the_mean_and_long_sound_is_cut(count, frames):
    image, whole = as_image(sound(count)), normalised(log_spectrogram(sound(count)))
    assert (image.shape, image.dtype) == ((160, 101), np.uint8)
    np.testing.assert_allclose((image[:, :frames] - 64.0) / 16, whole[:, :frames], atol=1 / 32 + 1e-9)
    assert (image[:, frames:] == 64).all()


def test_what_no_byte_says_becomes_the_last_that_there_is():
    assert as_bytes(np.array([-9.0, -4.0, 0.0, 0.04, 20.0]), 16, 64).tolist() == [0, 0, 64, 65, 255]


def test_fitted_puts_zeros_after_the_last_column():
    assert fitted(np.ones((2, 2)), 3).tolist() == [[1, 1, 0], [1, 1, 0]]
