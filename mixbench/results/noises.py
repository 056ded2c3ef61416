"""The trainings on corrupted labels, by the prefix of their measures."""

from __future__ import annotations

NOISE_LEVELS = (0.2, 0.5, 0.8)
NOISE_GIVEN = "noise_given"
"""The prefix of measures of a training on a suite's file of given labels."""


def noise_name(level: float) -> str:
    """Return the prefix of a label-noise level's measures, such as noise20."""
    return f"noise{round(level * 100)}"


NOISES = {
    **{noise_name(level): f"trained with {level:.0%} of the labels redrawn" for level in NOISE_LEVELS},
    NOISE_GIVEN: "trained on the suite's file of given labels",
}
"""What each was trained on."""

SECTIONS = {
    **{noise_name(level): f"{level * 100:.0f} % label noise" for level in NOISE_LEVELS},
    NOISE_GIVEN: "Given labels",
}
"""What people call each."""
