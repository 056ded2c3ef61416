"""How many forward passes over the test split the battery and its parts take, by the table of attacks."""

from __future__ import annotations

from mixbench.results.attacks import CORE, attacks_in
from mixbench.spec.sections import Battery

PAIR_PASSES = 22
"""Of a pair in between: both mixers at eleven λ."""


LOOK = 1
"""At the images themselves, where all attacks of the core group start: each takes one less."""


def transfer_passes() -> int:
    """Count those that the surrogate's examples take."""
    return LOOK + sum(attack.passes - 1 for attack in attacks_in(CORE) if "black" in attack.boxes)


def group_passes(group: str) -> int:
    """Count those of a group's attacks on the model itself: each set of examples is judged by one more."""
    return sum(attack.passes + 1 for attack in attacks_in(group))


def battery_passes(battery: Battery) -> int:
    """Count those of a whole examination."""
    black = sum("black" in attack.boxes for attack in attacks_in(CORE))
    points = sum(eps not in (0.0, battery.eps) for eps in battery.eps_curve)
    white = sum(attack.passes for attack in attacks_in(CORE)) * (1 + points)
    clean, plain = 1, 1
    return clean + LOOK + white + plain + black
