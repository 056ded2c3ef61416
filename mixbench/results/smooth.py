"""Calibration errors that bins do not make: SmoothECE, and ECE without its sampling bias."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtr

from mixbench.results.calibration import BINS, equal_mass_bins

CELLS = 4096
"""Of the grid on [0, 1] that confidences are put on, each between its two neighbours."""

_LEAST, _MOST, _STEP = 1e-5, 2.0, 1e-4


def smooth_ece(confidence: Float[np.ndarray, " n"], correct: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return what each example contributes to SmoothECE, top label: its influence, whose mean is the value.

    The mean absolute residual after smoothing by a Gaussian reflected at 0 and 1, whose width is the value itself.
    Błasiok & Nakkiran, Smooth ECE, 2023, Definition 1 and §3.
    """
    from scipy.optimize import brentq

    gaps = confidence - correct
    low, share = _cells(confidence)
    grid = np.bincount(low, gaps * (1 - share), CELLS) + np.bincount(low + 1, gaps * share, CELLS)
    spectrum = _cosines(grid / len(gaps) * CELLS)
    if not _error(spectrum, _LEAST) > _LEAST:
        return np.zeros(len(gaps))
    width = float(brentq(lambda sigma: _error(spectrum, sigma) - sigma, _LEAST, _MOST, xtol=1e-12))  # pyright: ignore[reportArgumentType]
    value = _error(spectrum, width)
    weights = _smooth(_cosines(np.sign(_smooth(spectrum, width))), width)
    each = gaps * ((1 - share) * weights[low] + share * weights[low + 1])
    slope = (_error(spectrum, width * (1 + _STEP)) - _error(spectrum, width * (1 - _STEP))) / (2 * _STEP * width)
    # The width moves with the value.
    return value + (each - each.mean()) / (1 - slope)


def _cells(confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lower cell of each confidence, and how far it is on the way to the next."""
    place = np.clip(confidence * CELLS - 0.5, 0, CELLS - 1)
    low = np.minimum(place.astype(np.int64), CELLS - 2)
    return low, place - low


def _cosines(values: np.ndarray) -> np.ndarray:
    from scipy.fft import dct

    return np.asarray(dct(values, norm="ortho"))


def _smooth(spectrum: np.ndarray, sigma: float) -> np.ndarray:
    """Cosines are what reflection leaves as they are, and a Gaussian only shrinks them."""
    from scipy.fft import idct

    return np.asarray(idct(spectrum * np.exp(-0.5 * (np.pi * sigma * np.arange(CELLS)) ** 2), norm="ortho"))


def _error(spectrum: np.ndarray, sigma: float) -> float:
    return float(np.abs(_smooth(spectrum, sigma)).mean())


def debiased_ece(confidence: Float[np.ndarray, " n"], correct: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return what each example contributes to ECE by 15 equal-mass bins less the bias of sampling: its influence.

    The bias is what a bin's absolute gap gains where its accuracy is drawn from a normal distribution around the one
    found; the value may lie a little below 0. Kumar et al., Verified Uncertainty Calibration, 2019, §5.
    """
    bins, right = equal_mass_bins(confidence), correct.astype(np.float64)
    counts = np.bincount(bins, minlength=BINS)
    n = np.maximum(counts, 1)
    accuracy = np.bincount(bins, right, BINS) / n
    gap = np.bincount(bins, confidence - right, BINS) / n
    spread = np.sqrt(accuracy * (1 - accuracy) / n)
    z = np.divide(gap, spread, out=np.copysign(np.full(BINS, np.inf), gap), where=spread > 0)
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    # The mean of a folded normal distribution.
    drawn = 2 * spread * density + np.abs(gap) * (2 * ndtr(np.abs(z)) - 1)
    by_gap = 2 * np.sign(gap) - (2 * ndtr(z) - 1) * (gap != 0)
    by_accuracy = -2 * density * np.divide(1 - 2 * accuracy, 2 * n * spread, out=np.zeros(BINS), where=spread > 0)
    value = 2 * np.abs(gap) - drawn
    return value[bins] + by_gap[bins] * (confidence - right - gap[bins]) + by_accuracy[bins] * (right - accuracy[bins])
