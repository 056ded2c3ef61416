"""From per-example outcomes to readings: value, number of examples, 95 % interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from mixbench.results import calibration
from mixbench.results.statistics import bootstrap, wilson
from mixbench.spec.strict import Strict

Outcomes = Mapping[str, np.ndarray]
MOST = 1e40
"""More than any float32 model can read, and little enough that squares over seeds stay finite."""

Number = Annotated[float, Field(ge=-MOST, le=MOST)]


class Reading(Strict):
    """One measured value; n examples (pairs in between); low and high are null where no interval is defined."""

    value: Number
    n: int
    low: Number | None
    high: Number | None


Compute = Callable[[Outcomes], Reading | None]


def proportion(hits: np.ndarray) -> Reading:
    """Read a share of independent examples (N,) bool, with Wilson's interval."""
    count, n = int(hits.sum()), len(hits)
    low, high = wilson(count, n)
    return Reading(value=count / n, n=n, low=low, high=high)


def mean(values: np.ndarray, purpose: str) -> Reading:
    """Read the mean of one number an example (N,), with a bootstrap interval over examples."""
    values = values.astype(np.float64)
    low, high = bootstrap(lambda places: values[places].mean(axis=1), len(values), purpose)
    return Reading(value=float(values.mean()), n=len(values), low=low, high=high)


def _where(needed: str, compute: Callable[[Outcomes], Reading]) -> Compute:
    return lambda outcomes: compute(outcomes) if needed in outcomes else None


def top_error(condition: str, k: int) -> Compute:
    """Share of examples whose true label ranks below k; top-5 only where there are more than 5 classes."""

    def compute(outcomes: Outcomes) -> Reading | None:
        if f"{condition}.rank" not in outcomes or (k > 1 and int(outcomes["classes"]) <= k):
            return None
        return proportion(outcomes[f"{condition}.rank"] > k)

    return compute


def share(name: str) -> Compute:
    """Share of examples for which a bit is set."""
    return _where(name, lambda outcomes: proportion(outcomes[name]))


def best_error(noise: str) -> Compute:
    """Lowest test error of any epoch; no interval, since it was selected on the test split."""

    def compute(outcomes: Outcomes) -> Reading:
        n = len(outcomes[f"{noise}.test_predicted"])
        return Reading(value=float(outcomes[f"{noise}.test_error"].min()), n=n, low=None, high=None)

    return _where(f"{noise}.test_error", compute)


def last_error(noise: str) -> Compute:
    """Test error after the last epoch."""
    return _where(f"{noise}.test_predicted", lambda o: proportion(o[f"{noise}.test_predicted"] != o["labels"]))


def real_error(noise: str) -> Compute:
    """Error on the training images whose label was kept; none where all were redrawn."""
    return lambda outcomes: _train_error(outcomes, noise, corrupted=False)


def corrupted_error(noise: str) -> Compute:
    """Error against the given label on the training images whose label was redrawn; none where none was."""
    return lambda outcomes: _train_error(outcomes, noise, corrupted=True)


def _train_error(outcomes: Outcomes, noise: str, corrupted: bool) -> Reading | None:
    if f"{noise}.given" not in outcomes or not (chosen := outcomes[f"{noise}.corrupted"] == corrupted).any():
        return None
    return proportion((outcomes[f"{noise}.train_predicted"] != outcomes[f"{noise}.given"])[chosen])


def _ece(purpose: str, confidence: str, formula: Callable[..., np.ndarray]) -> Compute:
    def compute(outcomes: Outcomes) -> Reading:
        sure, correct = outcomes[confidence], outcomes["clean.rank"] == 1
        value = formula(sure, correct, np.arange(len(sure))[None])[0]
        low, high = bootstrap(lambda places: formula(sure, correct, places), len(sure), purpose)
        return Reading(value=float(value), n=len(sure), low=low, high=high)

    return _where(confidence, compute)


ece_width = _ece("ece", "clean.confidence", calibration.ece)
ece_equal_mass = _ece("ece_mass", "clean.confidence", calibration.ece_mass)
ece_scaled = _ece("ece_scaled", "scaled.confidence", calibration.ece)
nll = _where("clean.log_probability", lambda o: mean(-o["clean.log_probability"], "nll"))
gap = _where("clean.confidence", lambda o: mean(o["clean.confidence"] - (o["clean.rank"] == 1), "gap"))
miss_mixup = _where("between.miss_mixup", lambda o: mean(o["between.miss_mixup"].mean(axis=1), "miss_mixup"))
miss_cutmix = _where("between.miss_cutmix", lambda o: mean(o["between.miss_cutmix"].mean(axis=1), "miss_cutmix"))
gradient_norm = _where(
    "between.gradient_norm",
    lambda o: mean(o["between.gradient_norm"].astype(np.float64).mean(axis=1), "gradient_norm"),
)


def _brier(outcomes: Outcomes) -> Reading:
    true = np.exp(outcomes["clean.log_probability"])
    return mean(outcomes["clean.squared_sum"] - 2 * true + 1, "brier")


brier = _where("clean.squared_sum", _brier)
