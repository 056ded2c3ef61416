"""What each example adds to a measure: their mean is the reading, so that two models can be compared in pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mixbench.results.calibration import BINS, width_bins
from mixbench.results.measures import ATTACKED, NOISES

Outcomes = Mapping[str, np.ndarray]
Contribute = Callable[[Outcomes], np.ndarray]


def _rank_above(condition: str, k: int) -> Contribute:
    return lambda o: o[f"{condition}.rank"] > k


def _last_error(noise: str) -> Contribute:
    return lambda o: o[f"{noise}.test_predicted"] != o["labels"]


def _real_error(noise: str) -> Contribute:
    return lambda o: (o[f"{noise}.train_predicted"] != o[f"{noise}.given"])[o[f"{noise}.corrupted"] == 0]


def _over_lambda(name: str) -> Contribute:
    return lambda o: o[f"between.{name}"].mean(axis=1, dtype=np.float64)


def _gaps(outcomes: Outcomes, confidence: str) -> np.ndarray:
    return outcomes[confidence] - (outcomes["clean.rank"] == 1)


def _signed(gaps: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Give each example's gap the sign of its bin's sum, so that the mean is the mean absolute gap of the bins."""
    sums = np.bincount(bins, weights=gaps, minlength=BINS)
    return gaps * np.where(sums < 0, -1.0, 1.0)[bins]


def _ece(confidence: str) -> Contribute:
    return lambda o: _signed(_gaps(o, confidence), width_bins(o[confidence]))


def _ece_mass(outcomes: Outcomes) -> np.ndarray:
    n = len(outcomes["clean.confidence"])
    bins = np.empty(n, dtype=np.int64)
    parts = np.array_split(np.argsort(outcomes["clean.confidence"], kind="stable"), min(BINS, n))
    for place, part in enumerate(parts):
        bins[part] = place
    return _signed(_gaps(outcomes, "clean.confidence"), bins)


def _brier(outcomes: Outcomes) -> np.ndarray:
    return outcomes["clean.squared_sum"] - 2 * np.exp(outcomes["clean.log_probability"]) + 1


def _absolute_gap(outcomes: Outcomes) -> np.ndarray:
    gaps = _gaps(outcomes, "clean.confidence")
    return _signed(gaps, np.zeros(len(gaps), dtype=np.int64))


PER_EXAMPLE: dict[str, Contribute] = {
    **{f"{condition}.top{k}_error": _rank_above(condition, k) for condition in ("clean", *ATTACKED) for k in (1, 5)},
    **{f"{noise}.test_error_last": _last_error(noise) for noise in NOISES},
    **{f"{noise}.train_error_real": _real_error(noise) for noise in NOISES},
    "calibration.ece": _ece("clean.confidence"),
    "calibration.ece_mass": _ece_mass,
    "calibration.nll": lambda o: -o["clean.log_probability"],
    "calibration.brier": _brier,
    "calibration.gap": _absolute_gap,
    "calibration.ece_scaled": _ece("scaled.confidence"),
    **{f"between.{name}": _over_lambda(name) for name in ("miss_mixup", "miss_cutmix", "gradient_norm")},
}
"""By measure: a number or bit for each example, training image or pair; their mean is the reading (the gap's size)."""
