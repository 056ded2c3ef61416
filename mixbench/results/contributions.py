"""What each example adds to a measure: a bit or a number, whose mean is the reading.

Each function takes outcomes and returns (N,), over test images, training images or pairs, or None where the measure is
not defined; KeyError where the outcomes lack what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mixbench.results import selective, smooth
from mixbench.results.array import Outcomes
from mixbench.results.calibration import equal_mass_bins, signed, width_bins
from mixbench.spec.seeding import SUITE_SEED, stream

Contribute = Callable[[Outcomes], np.ndarray | None]


def bit(name: str) -> Contribute:
    """Whether a bit is set."""
    return lambda o: o[name]


def rank_above(condition: str, k: int) -> Contribute:
    """Whether the true label is not among the k likeliest; top-5 only where there are more than 5 classes."""
    return lambda o: None if k > 1 and int(o["classes"]) <= k else o[f"{condition}.rank"] > k


def more_errors(condition: str, than: str) -> Contribute:
    """1 where only the first condition is predicted wrongly, -1 where only the second is."""
    return lambda o: (o[f"{condition}.rank"] > 1).astype(np.float64) - (o[f"{than}.rank"] > 1)


def shifted(contribute: Contribute, condition: str, apart: bool = False) -> Contribute:
    """What the images of a shift contribute, those that are counted apart or the others; none where there are none."""

    def chosen(outcomes: Outcomes) -> np.ndarray | None:
        values, chosen = contribute(outcomes), outcomes[f"{condition}.apart"] == apart
        return values[chosen] if values is not None and chosen.any() else None

    return chosen


def last_error(noise: str) -> Contribute:
    """Whether a test image is predicted wrongly after the last epoch."""
    return lambda o: o[f"{noise}.test_predicted"] != o["labels"]


def real_error(noise: str) -> Contribute:
    """Whether a training image whose label was kept is predicted wrongly; none where all were redrawn."""
    return lambda o: _train_error(o, noise, corrupted=False)


def corrupted_error(noise: str) -> Contribute:
    """Whether the given label of a training image whose label was redrawn is missed; none where none was."""
    return lambda o: _train_error(o, noise, corrupted=True)


def _train_error(outcomes: Outcomes, noise: str, corrupted: bool) -> np.ndarray | None:
    chosen = outcomes[f"{noise}.corrupted"] == corrupted
    wrong = outcomes[f"{noise}.train_predicted"] != outcomes[f"{noise}.given"]
    return wrong[chosen] if chosen.any() else None


def over_lambda(name: str) -> Contribute:
    """A pair's mean over λ."""
    return lambda o: o[name].astype(np.float64).mean(axis=1)


def nll(outcomes: Outcomes) -> np.ndarray:
    """The true label's negative log-likelihood in nats."""
    return -outcomes["clean.log_probability"]


def brier(outcomes: Outcomes) -> np.ndarray:
    """The squared distance between probabilities and truth, summed over classes."""
    return outcomes["clean.squared_sum"] - 2 * np.exp(outcomes["clean.log_probability"]) + 1


def gap(outcomes: Outcomes, confidence: str = "clean.confidence") -> np.ndarray:
    """Confidence minus correctness."""
    return outcomes[confidence] - (outcomes["clean.rank"] == 1)


def ece(confidence: str) -> Contribute:
    """The gap with the sign of its equal-width bin's."""
    return lambda o: signed(gap(o, confidence), width_bins(o[confidence]))


def ece_mass(outcomes: Outcomes) -> np.ndarray:
    """The gap with the sign of its equal-mass bin's."""
    return signed(gap(outcomes), equal_mass_bins(outcomes["clean.confidence"]))


def ece_debiased(outcomes: Outcomes) -> np.ndarray:
    """The influence on ECE without its sampling bias."""
    return smooth.debiased_ece(outcomes["clean.confidence"], outcomes["clean.rank"] == 1)


def smooth_ece(outcomes: Outcomes) -> np.ndarray:
    """The influence on SmoothECE."""
    return smooth.smooth_ece(outcomes["clean.confidence"], outcomes["clean.rank"] == 1)


def risk(weights: selective.Weights) -> Contribute:
    """The pseudo-value of a summary of risk over coverage."""
    return lambda o: selective.contributions(o["clean.confidence"], o["clean.rank"] > 1, weights)


FEWEST_EPS = 4


def eps_area(attack: str) -> Contribute:
    """The mean over ε of whether it is predicted wrongly, by trapezoids; none for a coarse curve or one not from 0."""

    def contribute(outcomes: Outcomes) -> np.ndarray | None:
        eps, wrong = outcomes["curve.eps"], outcomes[f"curve.{attack}.wrong"]
        order = np.argsort(eps)
        if len(np.unique(eps)) < FEWEST_EPS or eps[order[0]] != 0:
            return None
        return np.trapezoid(wrong[order].astype(np.float64), eps[order], axis=0) / eps[order[-1]]

    return contribute


RESAMPLES = 1000


def worst_class(condition: str) -> Contribute:
    """The largest error of any class in resamples of the examples (D,), the same ones for all models of a test split.

    About the error itself, and spread so far that their mean varies as the error does over resamples.
    """

    def contribute(outcomes: Outcomes) -> np.ndarray:
        drawn, wrong = _resampled(outcomes["labels"].astype(np.int64).tobytes()), outcomes[f"{condition}.rank"] > 1
        sorted_wrong = wrong[drawn.order, None]
        value = (np.add.reduceat(sorted_wrong, drawn.starts, dtype=np.int64)[:, 0] / drawn.sizes).max()
        errors = np.add.reduceat(drawn.counts * sorted_wrong, drawn.starts, dtype=np.int32)
        worst = (errors / np.maximum(drawn.totals, 1)).max(axis=0)
        return value + np.sqrt(RESAMPLES) * (worst - worst.mean())

    return contribute


class _Resamples(NamedTuple):
    """How often each example, sorted by class, is in each resample (N, D), and how many of each class are (K, D)."""

    order: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    counts: np.ndarray
    totals: np.ndarray


@lru_cache(maxsize=2)
def _resampled(labels: bytes) -> _Resamples:
    classes = np.frombuffer(labels, dtype=np.int64)
    n, order = len(classes), np.argsort(classes, kind="stable")
    rng = stream(SUITE_SEED, "bootstrap", "worst class", "examples")
    counts = np.stack([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(RESAMPLES)], axis=1)
    counts = counts.astype(np.uint8)[order]
    _, starts, sizes = np.unique(classes[order], return_index=True, return_counts=True)
    return _Resamples(order, starts, sizes, counts, np.add.reduceat(counts, starts, dtype=np.int32))
