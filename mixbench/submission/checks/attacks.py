"""Attacked outcomes beside the clean ones and each other: an attack moves what can be moved, each its own way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mixbench.results.measures import ATTACKED, WHITE_BOX
from mixbench.submission.checks.case import Layout

Outcomes = Mapping[str, np.ndarray]
MOVABLE = 0.999
"""The clean confidence up to which a moved image is seen in float32."""

_SEEN = 1e-3
FEWEST = 10
MOST_UNMOVED = 0.1
"""Of the movable examples: pixels at their limits may hold a few, and chance none."""

_CERTAIN, _UNCERTAIN = -1e-6, -1e-8
"""Log-probabilities around the one from which float32 has a probability of exactly 1, -6e-8."""


def check_attacks(layout: Layout, outcomes: Outcomes, softmax: bool) -> Iterator[str]:
    """A curve's points that the readings have measured, who is saturated, and that the attacks took place."""
    known = {0.0: "clean", layout.battery.eps: None}
    for attack in WHITE_BOX:
        for eps, wrong in zip(layout.battery.eps_curve, outcomes[f"curve.{attack}.wrong"], strict=True):
            if eps in known and not np.array_equal(wrong, outcomes[f"{known[eps] or attack}.rank"] > 1):
                yield f"outcomes.curve.{attack}.wrong: at ε {eps:g} not the errors of {known[eps] or attack}"
    yield from _check_saturated(outcomes, softmax)
    yield from _check_moved(outcomes)


def _check_saturated(outcomes: Outcomes, softmax: bool) -> Iterator[str]:
    said, true = outcomes["saturated"], outcomes["clean.log_probability"]
    if (said & (outcomes["clean.rank"] > 1)).any():
        yield "outcomes.saturated: certain of the true label where another was predicted"
    elif softmax and (count := int(np.where(said, true < _CERTAIN, true > _UNCERTAIN).sum())) > 0:
        yield f"outcomes.saturated: not where the true label's probability is 1, at {count} examples"


def _check_moved(outcomes: Outcomes) -> Iterator[str]:
    """A copy of other outcomes is no attack, where the model's gradient is not zero."""
    for attack in WHITE_BOX:
        change = np.exp(outcomes[f"{attack}.log_probability"]) - np.exp(outcomes["clean.log_probability"])
        if (count := int((outcomes["stuck"] & (np.abs(change) > _SEEN)).sum())) > 0:
            yield f"outcomes.stuck: moved by {attack}, at {count} examples"
    movable = (outcomes["clean.confidence"] < MOVABLE) & ~outcomes["stuck"]
    for attack in (*ATTACKED, "fgsm.plain"):
        there = movable & ~outcomes["zero_gradient"] if attack == "fgsm.plain" else movable
        if (count := _alike(outcomes, attack, "clean", there)) > 0:
            yield f"outcomes.{attack}: to the last bit those of clean, at {count} examples that can be moved"
    for attack in WHITE_BOX:
        black = attack.replace(".white", ".black")
        if (count := _alike(outcomes, attack, black, movable)) > 0:
            yield f"outcomes.{attack}: to the last bit those of {black}, at {count} examples"


def _alike(outcomes: Outcomes, one: str, other: str, where: np.ndarray) -> int:
    """How many examples have the same numbers, 0 where they are few."""
    names = ("log_probability", "squared_sum")
    same = [outcomes[f"{one}.{name}"] == outcomes[f"{other}.{name}"].astype(np.float32) for name in names]
    count = int((same[0] & same[1] & where).sum())
    return count if where.sum() >= FEWEST and count > MOST_UNMOVED * where.sum() else 0
