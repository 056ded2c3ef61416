"""A new suite from an old one: changed values, written whole, so that nobody edits a shipped file."""

from __future__ import annotations

import os
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import tomli_w

from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections import Budget, Steps
from mixbench.spec.suite import Suite, load_suite

FINE_TUNING_EPOCHS = 20


def variant(source: Suite, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return a suite's tables under a new name, at version 1, with `changes` by dotted key laid over them.

    What was measured under the old settings (expected) is left out.
    """
    tables = {key: deepcopy(value) for key, value in source.written.items() if key != "expected"}
    tables |= {"name": name, "version": 1}
    for key, value in changes.items():
        _set(tables, key.split("."), value)
    return tables


def _set(tables: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        tables = tables.setdefault(part, {})
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


def write_suite(path: Path, tables: dict[str, Any], source: Suite) -> Suite:
    """Write a suite's file, checked by loading it, and return it; MixBenchError where it cannot be or is there already.

    Nothing is left behind where it is refused.
    """
    if path.suffix != ".toml":
        raise MixBenchError(
            f"suite {path}: needed a file that ends in .toml, got {path.suffix or 'no ending'}; rename it"
        )
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.toml")
    try:
        if path.exists():
            raise MixBenchError(f"suite {path}: is there already; give another file, or remove it")
        partial.write_text(_header(tables, source, path) + tomli_w.dumps(tables), encoding="utf-8")
        made = load_suite(f"{partial.parent}{os.sep}{partial.name}")
        partial.replace(path)
    except OSError as error:
        raise MixBenchError(f"suite {path}: needed to write there, got {error.strerror}; give another file") from None
    except MixBenchError as error:
        raise MixBenchError(str(error).replace(str(partial), str(path)).replace("; mend the file", "")) from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return made


def _header(tables: dict[str, Any], source: Suite, path: Path) -> str:
    return (
        f"# {tables['name']}: made from {source.name}@{source.version} by 'mixbench suite new'.\n"
        f"# mixbench eval --suite {path.name} --aug cutmix\n"
    )
