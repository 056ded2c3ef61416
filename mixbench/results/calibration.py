"""Calibration errors from top-label confidences."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

BINS = 15


def width_bins(confidence: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return each confidence's place among 15 equal-width bins (lo, hi]; 0 is in the first, 1 in the last."""
    return np.searchsorted(np.arange(1, BINS) / BINS, confidence, side="left")


def equal_mass_bins(confidence: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return each confidence's place among 15 bins of a stable sort, equal but for one, the larger ones first."""
    bins = np.empty(len(confidence), dtype=np.int64)
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(BINS, len(confidence)))
    for place, part in enumerate(parts):
        bins[part] = place
    return bins


def signed(gaps: Float[np.ndarray, " n"], bins: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Give each example's gap the sign of its bin's sum, so that the mean is the mean absolute gap of the bins."""
    sums = np.bincount(bins, weights=gaps, minlength=BINS)
    return gaps * np.where(sums < 0, -1.0, 1.0)[bins]


def ece(
    confidence: Float[np.ndarray, " n"], correct: Bool[np.ndarray, " n"], places: Int[np.ndarray, "d n"]
) -> Float[np.ndarray, " d"]:
    """Return the top-label expected calibration error of each resample, by equal-width bins.

    Guo et al., On Calibration of Modern Neural Networks, 2017, §2; Naeini et al., 2015.
    """
    draws, n = places.shape
    gap, bins = correct - confidence, width_bins(confidence)
    cell = bins[places] + BINS * np.arange(draws)[:, None]
    sums = np.bincount(cell.ravel(), weights=gap[places].ravel(), minlength=draws * BINS)
    return np.abs(sums.reshape(draws, BINS)).sum(axis=1) / n


def ece_mass(
    confidence: Float[np.ndarray, " n"], correct: Bool[np.ndarray, " n"], places: Int[np.ndarray, "d n"]
) -> Float[np.ndarray, " d"]:
    """Return the expected calibration error of each resample by 15 equal-mass bins of a stable sort.

    Bins differ by one example at most, the larger ones first. Nixon et al., Measuring Calibration, 2019.
    """
    n = places.shape[1]
    order = np.argsort(confidence, kind="stable")
    gap = (correct - confidence)[order]
    ranks = np.empty(n, dtype=np.int64)
    ranks[order] = np.arange(n)
    ordered = gap[np.sort(ranks[places], axis=1)]
    starts = np.cumsum([0, *(len(part) for part in np.array_split(np.arange(n), min(BINS, n)))])[:-1]
    return np.abs(np.add.reduceat(ordered, starts, axis=1)).sum(axis=1) / n
