"""Probabilities that can be: they sum to 1, fall with the rank, and one temperature a half scales them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

Outcomes = Mapping[str, np.ndarray]
SLACK = 1e-5
"""What float32 leaves of a probability."""

_ODDS = (1e-6, 0.999)
"""Odds against the likeliest class that a temperature is told from: exact enough, and below even."""

_EXACT = 1e-13
_TEMPERATURE_SLACK = 1e-6


def check_probabilities(condition: str, classes: int, outcomes: Outcomes) -> Iterator[str]:
    """By a link whose probabilities sum to 1 and fall with the rank."""
    rank, sure, true, squares = (
        outcomes[f"{condition}.{name}"].astype(np.float64)
        for name in ("rank", "confidence", "log_probability", "squared_sum")
    )
    true = np.exp(true)
    low, high = _true_bounds(rank, sure, classes)
    least, most = _squares_bounds(rank, sure, true, classes)
    impossible = {
        "confidence: less than by chance": sure < 1 / classes - SLACK,
        "log_probability: not the confidence's where the prediction is right": (rank == 1)
        & (np.abs(true - sure) > SLACK),
        "log_probability: too high for the true label's rank": true > high + SLACK,
        "log_probability: too low for the true label's rank": true < low - SLACK,
        "log_probability: the true label likelier than the likeliest": true > sure + SLACK,
        "squared_sum: not a sum of squares that the probabilities allow": (squares < least - SLACK)
        | (squares > most + SLACK),
    }
    for reason, where in impossible.items():
        if where.any():
            yield f"outcomes.{condition}.{reason}, at {int(where.sum())} examples"


def _true_bounds(rank: np.ndarray, sure: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Of a wrong prediction rank - 1 classes are as likely as the true one at least, the others at most."""
    above = rank - 1
    high = np.where(above > 0, np.maximum(1 - sure, 0) / np.maximum(above, 1), 1.0)
    return (1 - sure * above) / (classes - above), high


def _squares_bounds(
    rank: np.ndarray, sure: np.ndarray, true: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The least: all that is not known alike. The most: as many as the likeliest as there is room for."""
    known = np.where(rank > 1, sure**2 + true**2, sure**2)
    rest = np.maximum(np.where(rank > 1, 1 - sure - true, 1 - sure), 0)
    unknown = np.where(rank > 1, max(classes - 2, 1), classes - 1)
    alike = np.floor(1 / np.maximum(sure, 1 / classes))
    return known + rest**2 / unknown, alike * sure**2 + np.maximum(1 - alike * sure, 0) ** 2


def check_scaled(outcomes: Outcomes, classes: int, softmax: bool) -> Iterator[str]:
    """Confidences after temperature scaling: those of a half by one temperature."""
    place, scaled = "outcomes.scaled.confidence", outcomes["scaled.confidence"]
    if (count := int((scaled < 1 / classes - SLACK).sum())) > 0:
        yield f"{place}: less than by chance, at {count} examples"
        return
    for half in (False, True):
        here = outcomes["scaled.half"] == half
        before, after = outcomes["clean.confidence"][here], scaled[here]
        both_ways = (after > before + SLACK).any() and (after < before - SLACK).any()
        if both_ways or (softmax and not _one_temperature(before, after, classes)):
            yield f"{place}: by no one temperature those of the {'second' if half else 'first'} half"


def _one_temperature(before: np.ndarray, after: np.ndarray, classes: int) -> bool:
    """Whether one exponent β takes all odds to what was found; the other classes' shares are not known.

    Their odds x sum to o, and to o' as x^β: between o^β, of one class, and (K-1)·(o/(K-1))^β, of all alike.
    """
    odds = (1 - before) / before
    told = (odds > _ODDS[0]) & (odds < _ODDS[1])
    if not told.any():
        return True
    odds, found = odds[told], (1 - after[told]) / after[told]
    lows, highs = (_exponents(odds, np.maximum(found + error, 0), classes - 1) for error in (_EXACT, -_EXACT))
    return bool(lows.min(axis=0).max() <= highs.max(axis=0).min() * (1 + _TEMPERATURE_SLACK))


def _exponents(odds: np.ndarray, found: np.ndarray, others: int) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.stack([np.log(found / count) / np.log(odds / count) for count in (1, others)])
