"""A new suite from an old one: changed values, written whole, so that nobody edits a shipped file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeGuard

import tomli_w

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.fields import NAME
from mixbench.spec.sections.training import Budget, Steps
from mixbench.spec.suite import Suite, parse_suite

FINE_TUNING_EPOCHS = 20


SGD = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 5e-4}
ADAMW = {"name": "adamw", "learning_rate": 1e-3, "weight_decay": 0.05}
OPTIMIZERS: dict[str, dict[str, Any]] = {"sgd": SGD, "adamw": ADAMW}
"""What another optimiser than the old suite's begins with."""


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """Return section.key=value words as values by dotted key; a value is TOML's, or else a text.

    MixBenchError for a word of another form, and for what only the file's name says.
    """
    found = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or "." not in key or not all(key.split(".")):
            raise MixBenchError(
                f"--set: needed SECTION.KEY=VALUE such as transform.flip=true, got {plain(word)!r};"
                " 'mixbench suite show' shows the keys"
            )
        found[key.strip()] = _value(text.strip())
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


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


def new_name(path: Path) -> str:
    """Return the name of a suite that is to be written to a file; MixBenchError where it cannot go there."""
    if path.suffix != ".toml":
        raise MixBenchError(
            f"suite {shown(path)}: needed a file that ends in .toml, got {path.suffix or 'no ending'}; rename it"
        )
    if not re.fullmatch(NAME, path.stem):
        fitting = re.sub("[^a-z0-9._-]+", "-", path.stem.lower()).strip("._-") or "mine"
        raise MixBenchError(
            f"suite {shown(path)}: needed a file name of small letters, digits, '.', '_' and '-', got"
            f" {plain(path.stem)!r}; call it {fitting[:64]}.toml"
        )
    try:
        taken = path.exists()
    except OSError as error:
        raise _unwritten(path, error) from None
    if taken:
        raise MixBenchError(f"suite {shown(path)}: is there already; give another file, or remove it")
    return path.stem


def read_back(path: Path, tables: dict[str, Any]) -> Suite:
    """Return the suite that a file with these tables would be; MixBenchError where it would be none."""
    try:
        return parse_suite(tomli_w.dumps(tables), path)
    except MixBenchError as error:
        raise MixBenchError(str(error).replace("; mend the file", "")) from None


def write_suite(path: Path, tables: dict[str, Any], source: Suite) -> Suite:
    """Write a suite's file, checked by loading it, and return it; MixBenchError where it cannot be or is there already.

    Nothing is left behind where it is refused.
    """
    new_name(path)
    made = read_back(path, tables)
    text = _header(tables, source, path) + tomli_w.dumps(tables)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.toml")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return made


def _unwritten(path: Path, error: OSError) -> MixBenchError:
    return MixBenchError(f"suite {shown(path)}: needed to write there, got {error.strerror}; give another file")


def _header(tables: dict[str, Any], source: Suite, path: Path) -> str:
    return (
        f"# {tables['name']}: made from {source.name}@{source.version} by 'mixbench suite new'.\n"
        f"# mixbench eval --suite {path.name} --aug cutmix\n"
    )
