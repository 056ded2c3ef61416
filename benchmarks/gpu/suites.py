"""The suites that parts train under: shipped ones, with budgets of the check's own."""

from __future__ import annotations

import copy
from typing import Any

from mixbench.runs.plan import Plan, plan_spec
from mixbench.spec.suite import Suite, load_suite


def suite_with(name: str, **training: Any) -> Suite:
    """Return a shipped suite with some of its training's settings changed, as a suite of its own."""
    tables = copy.deepcopy(load_suite(name).written)
    tables["name"] = f"{name}-gpu"
    tables["training"] |= training
    tables.pop("expected", None)
    return Suite.model_validate({**tables, "written": tables})


def plan_on(suite: Suite, augs: list[str], device: str) -> Plan:
    """Plan augmentations with seed 0 on a device."""
    return plan_spec(suite, suite.backbone, augs, [0], device)  # pyright: ignore[reportArgumentType]


def short(check_quick: bool, name: str = "digits", epochs: int = 3, **training: Any) -> Suite:
    """Return a suite of few epochs; one with a step an epoch where the check itself is tried."""
    if check_quick:
        return suite_with(name, epochs=1, batch_size=480, **{**training, "schedule": _schedule(name, 1)})
    return suite_with(name, epochs=epochs, **{**training, "schedule": _schedule(name, epochs)})


def _schedule(name: str, epochs: int) -> dict[str, Any]:
    found = dict(load_suite(name).written["training"]["schedule"])
    return {**found, "warmup_epochs": min(found["warmup_epochs"], epochs / 2)}
