"""A new suite's tables from an old one's: changed values, and what goes along with them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeGuard

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.sections.training import Budget, Steps
from mixbench.spec.suite import Suite

FINE_TUNING_EPOCHS = 20

SGD = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 5e-4}
ADAMW = {"name": "adamw", "learning_rate": 1e-3, "weight_decay": 0.05}
OPTIMIZERS: dict[str, dict[str, Any]] = {"sgd": SGD, "adamw": ADAMW}
"""What another optimiser than the old suite's begins with."""


def changed(old: Suite, wishes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes by dotted key that wishes come to, schedules and optimisers with what goes along with them."""
    changes: dict[str, Any] = {}
    epochs = wishes.get("training.epochs")
    if "model.pretrained" in wishes:
        batch = wishes.get("training.batch_size")
        changes |= fine_tuning(
            epochs if _counts(epochs) else FINE_TUNING_EPOCHS, batch if _counts(batch) else old.training.batch_size
        )
    elif _counts(epochs) and epochs != old.training.epochs:
        changes |= _schedule(old.training, epochs)
    return {**changes, **_optimizer(old, wishes.get("training.optimizer.name")), **wishes}


def _counts(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and value > 0


def _schedule(old: Budget, epochs: int) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if old.schedule.warmup_epochs:
        changes["training.schedule.warmup_epochs"] = warmup(old, epochs)
    if isinstance(old.schedule, Steps):
        changes["training.schedule.milestones"] = milestones(old, epochs)
    return changes


def _optimizer(old: Suite, name: str | None) -> dict[str, Any]:
    if name is None or name == old.training.optimizer.name:
        return {}
    if name not in OPTIMIZERS:
        raise unknown("optimizer", name, OPTIMIZERS, f"one of {', '.join(OPTIMIZERS)}")
    return {"training.optimizer": dict(OPTIMIZERS[name])}


def variant(source: Suite, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return a suite's tables under a new name, at version 1, with `changes` by dotted key laid over them.

    What was measured under the old settings (expected) is left out, and so are the shifts of other data. MixBenchError
    for a key inside a value.
    """
    tables = {key: deepcopy(value) for key, value in source.written.items() if key != "expected"}
    tables |= {"name": name, "version": 1}
    if "data" in changes:
        tables.pop("shifts", None)
    # A whole section, such as that of one's own data, goes before what is changed in it.
    for key in sorted(changes, key=lambda key: key.count(".")):
        _set(tables, key.split("."), changes[key])
    return tables


def _set(tables: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        tables = tables.setdefault(part, {})
        if not isinstance(tables, dict):
            raise MixBenchError(f"suite: {'.'.join(path)}: unknown key, since {part} is a value; leave {last} out")
    tables[last] = value


def milestones(budget: Budget, epochs: int) -> list[int]:
    """Return a stepped schedule's milestones at the same shares of another number of epochs."""
    assert isinstance(budget.schedule, Steps)
    share = epochs / budget.epochs
    return sorted({max(1, round(milestone * share)) for milestone in budget.schedule.milestones})


def warmup(budget: Budget, epochs: int) -> float:
    """Return a schedule's warm-up, in epochs, at the same share of another number of epochs."""
    return round(budget.schedule.warmup_epochs * epochs / budget.epochs, 6)


def fine_tuning(epochs: int, batch_size: int) -> dict[str, Any]:
    """Return the changes that make a budget one for pretrained weights, by dotted key.

    SGD without weight decay, 0.003 at batch 512 and in proportion, a tenth of it after 30, 60 and 90 %. Kolesnikov et
    al., Big Transfer, 2020, §3.3; the number of epochs and the warm-up, at most a tenth of them, are ours.
    """
    rate = round(0.003 * batch_size / 512, 8)
    steps = sorted({max(1, round(epochs * share)) for share in (0.3, 0.6, 0.9)})
    return {
        "training.epochs": epochs,
        "training.optimizer": {
            "name": "sgd", "learning_rate": rate, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0,
        },
        "training.schedule": {
            "name": "steps", "warmup_epochs": min(1.0, epochs / 10), "warmup_start": 0.0,
            "milestones": steps, "factor": 0.1,
        },
    }  # fmt: skip
