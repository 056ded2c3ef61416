"""Flags: is the attack to be believed? Shown beside the numbers, never changing one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixbench.results.statistics import mcnemar

P_VALUE = 0.01
MOST_ZERO_GRADIENTS = 0.01


def flags_of(outcomes: Mapping[str, np.ndarray]) -> list[str]:
    """Return the sentences of the flags that a record carries, each after its name and a colon."""
    found = [
        _weaker_iteration(outcomes),
        *_stronger_transfer(outcomes),
        _zero_gradient(outcomes),
        _saturation(outcomes),
    ]
    return [flag for flag in found if flag]


def _weaker_iteration(outcomes: Mapping[str, np.ndarray]) -> str | None:
    if not _significantly_below(outcomes, "ifgsm.white", "fgsm.white"):
        return None
    return (
        "gradient_masking: ten small steps (I-FGSM) fool the model less often than one large step (FGSM), which a sound"
        " attack cannot do; the white-box errors understate the worst case"
    )


def _stronger_transfer(outcomes: Mapping[str, np.ndarray]) -> list[str]:
    return [
        f"gradient_masking: {title} examples made on another model fool this one more often than those made on itself;"
        " its white-box errors understate the worst case"
        for attack, title in (("fgsm", "FGSM"), ("ifgsm", "I-FGSM"))
        if _significantly_below(outcomes, f"{attack}.white", f"{attack}.black")
    ]


def _zero_gradient(outcomes: Mapping[str, np.ndarray]) -> str | None:
    stuck = float(outcomes["stuck"].mean())
    if stuck > MOST_ZERO_GRADIENTS:
        return (
            f"zero_gradient: no attack by gradients can move {stuck:.1%} of the test images, whose gradient is exactly"
            " zero however it is taken; the white-box errors understate the worst case"
        )
    share = float(outcomes["zero_gradient"].mean())
    if share <= MOST_ZERO_GRADIENTS:
        return None
    return (
        f"zero_gradient: the plain cross-entropy gradient is exactly zero on {share:.1%} of the test images;"
        " attacks by cross-entropy, as papers report them, cannot move these"
    )


def _saturation(outcomes: Mapping[str, np.ndarray]) -> str | None:
    if not _significantly_below(outcomes, "fgsm.plain", "fgsm.white"):
        return None
    return (
        "saturation: FGSM by plain float32 cross-entropy, as papers report it, finds significantly fewer errors than by"
        " the margin; the model's confidence hides its gradient, so compare it with papers by diagnostics.fgsm_plain"
    )


def _significantly_below(outcomes: Mapping[str, np.ndarray], lower: str, higher: str) -> bool:
    if f"{lower}.rank" not in outcomes or f"{higher}.rank" not in outcomes:
        return False
    first, second = (outcomes[f"{name}.rank"] > 1 for name in (lower, higher))
    return bool(first.mean() < second.mean()) and mcnemar(first, second) < P_VALUE
