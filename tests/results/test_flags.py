"""Each flag fires on outcomes made for it, and on nothing else."""

import numpy as np
import pytest

from mixbench.results.flags import flags_of

N = 300
CONDITIONS = ["clean", "fgsm.white", "ifgsm.white", "fgsm.black", "ifgsm.black", "fgsm.plain"]
ERRORS = {"clean": 10, "fgsm.white": 100, "ifgsm.white": 150, "fgsm.black": 60, "ifgsm.black": 40, "fgsm.plain": 100}


def outcomes(zero: int = 0, stuck: int = 0, **wrong: int) -> dict[str, np.ndarray]:
    """So many of the first examples wrong in each condition; dots as underscores."""
    counts = {**ERRORS, **{name.replace("_", "."): count for name, count in wrong.items()}}
    ranks = {f"{name}.rank": np.where(np.arange(N) < counts[name], 3, 1) for name in CONDITIONS}
    return {**ranks, "zero_gradient": np.arange(N) < zero, "stuck": np.arange(N) < stuck}


def names(found: dict[str, np.ndarray]) -> list[str]:
    return [flag.split(":")[0] for flag in flags_of(found)]


def test_a_sound_record_has_no_flag():
    assert flags_of(outcomes()) == []


FIRES = {
    "iteration weaker than one step": ({"ifgsm_white": 92}, "gradient_masking", "ten small steps"),
    "FGSM transfers better": ({"fgsm_black": 108}, "gradient_masking", "FGSM examples made on another model"),
    "I-FGSM transfers better": ({"ifgsm_black": 158}, "gradient_masking", "I-FGSM examples made on another model"),
    "no gradient": ({"zero": 4}, "zero_gradient", "exactly zero on 1.3% of the test images"),
    "no gradient at all": ({"zero": 4, "stuck": 4}, "zero_gradient", "no attack by gradients can move 1.3%"),
    "saturated": ({"fgsm_plain": 92}, "saturation", "significantly fewer errors"),
}
HARMLESS = {
    "iteration equal": {"ifgsm_white": 100},
    "iteration weaker by chance": {"ifgsm_white": 93},
    "FGSM transfers as well": {"fgsm_black": 100},
    "FGSM transfers better by chance": {"fgsm_black": 107},
    "I-FGSM transfers better by chance": {"ifgsm_black": 157},
    "FGSM transfers better than I-FGSM": {"fgsm_black": 99, "ifgsm_black": 5},
    "1 % without gradient": {"zero": 3},
    "plain weaker by chance": {"fgsm_plain": 93},
    "plain stronger": {"fgsm_plain": 140},
}


@pytest.mark.parametrize("case", FIRES)
def test_a_flag_fires(case):
    """8 against 0 disagreements has p = 2/256 < 0.01."""
    made, name, words = FIRES[case]
    (flag,) = flags_of(outcomes(**made))
    assert flag.startswith(f"{name}: ")
    assert words in flag
    assert "\n" not in flag


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_outcomes_carry_none(case):
    """7 against 0 disagreements has p = 2/128 > 0.01."""
    assert flags_of(outcomes(**HARMLESS[case])) == []


def test_examples_are_paired():
    """60 only here against 40 only there: p > 0.01 though the same errors nested would differ significantly."""
    found = outcomes()
    found["fgsm.white.rank"] = np.where(np.arange(N) < 100, 2, 1)
    found["ifgsm.white.rank"] = np.where((np.arange(N) >= 60) & (np.arange(N) < 140), 2, 1)
    assert names(found) == []
    found["ifgsm.white.rank"] = np.where(np.arange(N) < 80, 2, 1)
    assert names(found) == ["gradient_masking"]


def test_without_a_surrogate_the_others_still_fire():
    found = {name: v for name, v in outcomes(zero=50, fgsm_plain=20, ifgsm_white=20).items() if "black" not in name}
    assert names(found) == ["gradient_masking", "zero_gradient", "saturation"]


def test_all_at_once():
    found = outcomes(zero=50, fgsm_plain=20, ifgsm_white=20, fgsm_black=290, ifgsm_black=290)
    assert names(found) == ["gradient_masking"] * 3 + ["zero_gradient", "saturation"]
