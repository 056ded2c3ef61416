"""Curves from outcomes: error against ε, misses and gradient norm against λ, test error against epoch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixbench.results.arrays import ROLES
from mixbench.results.attacks import CORE, WHITE_BOX, attacks_in
from mixbench.results.noises import NOISE_GIVEN, NOISE_LEVELS, NOISES, SECTIONS, noise_name

Curve = dict[str, list[float]]


TITLES = {
    **{f"{attack.name}.white": f"{attack.section('white')}: error against ε" for attack in attacks_in(CORE)},
    "between.miss_mixup": "Misses on mixup blends against λ",
    "between.miss_cutmix": "Misses on CutMix pastes against λ",
    "between.gradient_norm": "Gradient norm on mixup blends against λ",
    "model.test_error": "Test error by epoch",
    **{
        f"{name}.test_error": f"Test error by epoch, {title[:1].lower()}{title[1:]}" for name, title in SECTIONS.items()
    },
}
"""What people call each curve."""


def curves_of(outcomes: Mapping[str, np.ndarray], eps: list[float]) -> dict[str, Curve]:
    """Return every curve that the outcomes allow: the axis first, then the values."""
    curves: dict[str, Curve] = {}
    for attack in WHITE_BOX:
        if f"curve.{attack}.wrong" in outcomes:
            wrong = outcomes[f"curve.{attack}.wrong"]
            curves[attack] = {"eps": list(eps), "top1_error": wrong.mean(axis=1).tolist()}
    for name in ("miss_mixup", "miss_cutmix", "gradient_norm"):
        if f"between.{name}" in outcomes:
            axis = (
                outcomes["between.cutmix_lambda"].mean(axis=0) if name == "miss_cutmix" else outcomes["between.lambda"]
            )
            values = outcomes[f"between.{name}"].mean(axis=0, dtype=np.float64)
            curves[f"between.{name}"] = {"lambda": axis.tolist(), "mean": values.tolist()}
    for name in ROLES:
        if f"{name}.test_error" in outcomes:
            errors = outcomes[f"{name}.test_error"].tolist()
            curves[f"{name}.test_error"] = {"epoch": list(range(1, len(errors) + 1)), "top1_error": errors}
    return curves


def label_noise_of(outcomes: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return what each label-noise level really did: shares selected and wrong, and the ceiling."""
    classes = int(outcomes["classes"])
    levels = {noise_name(level): level for level in NOISE_LEVELS}
    return {
        name: {
            **({} if name == NOISE_GIVEN else {"level": levels[name]}),
            "share_selected": float(outcomes[f"{name}.corrupted"].mean()),
            "share_wrong": float((outcomes[f"{name}.given"] != outcomes["model.given"]).mean()),
            # A file's wrong labels are all wrong; redrawn ones repeat the truth by chance.
            "ceiling": 1.0 if name == NOISE_GIVEN else (classes - 1) / classes,
        }
        for name in NOISES
        if f"{name}.given" in outcomes
    }
