"""Curves from outcomes: error against ε, misses and gradient norm against λ, test error against epoch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixbench.results.measures import NOISE_LEVELS, noise_name

Curve = dict[str, list[float]]


def curves_of(outcomes: Mapping[str, np.ndarray], eps: list[float]) -> dict[str, Curve]:
    """Return every curve that the outcomes allow: the axis first, then the values."""
    curves: dict[str, Curve] = {}
    for attack in ("fgsm.white", "ifgsm.white"):
        wrong = outcomes[f"curve.{attack}.wrong"]
        curves[attack] = {"eps": list(eps), "top1_error": wrong.mean(axis=1).tolist()}
    for name in ("miss_mixup", "miss_cutmix", "gradient_norm"):
        if f"between.{name}" in outcomes:
            axis = (
                outcomes["between.cutmix_lambda"].mean(axis=0) if name == "miss_cutmix" else outcomes["between.lambda"]
            )
            values = outcomes[f"between.{name}"].mean(axis=0, dtype=np.float64)
            curves[f"between.{name}"] = {"lambda": axis.tolist(), "mean": values.tolist()}
    for name in ("model", *(noise_name(level) for level in NOISE_LEVELS)):
        if f"{name}.test_error" in outcomes:
            errors = outcomes[f"{name}.test_error"].tolist()
            curves[f"{name}.test_error"] = {"epoch": list(range(1, len(errors) + 1)), "top1_error": errors}
    return curves


def label_noise_of(outcomes: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return what each label-noise level really did: shares selected and wrong, and the ceiling (K−1)/K."""
    classes = int(outcomes["classes"])
    return {
        name: {
            "level": level,
            "share_selected": float(outcomes[f"{name}.corrupted"].mean()),
            "share_wrong": float((outcomes[f"{name}.given"] != outcomes["model.given"]).mean()),
            "ceiling": (classes - 1) / classes,
        }
        for level in NOISE_LEVELS
        if f"{(name := noise_name(level))}.given" in outcomes
    }
