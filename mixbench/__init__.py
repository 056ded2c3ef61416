"""MixBench: what does this augmentation really do to my model's robustness?

The public names load on first use, so that importing mixbench loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixbench.augment.build import augmentation
    from mixbench.board.leaderboard import leaderboard
    from mixbench.compare.versus.call import compare
    from mixbench.data.public import load_data
    from mixbench.results.record import Record, load_record
    from mixbench.runs.calls import run, sweep
    from mixbench.runs.evaluation import Evaluation, evaluate
    from mixbench.runs.weights import load_model
    from mixbench.spec.errors import MixBenchError

_ROOMS = ("compare", "testing")
"""Rooms that are public names themselves; `compare` can be called."""

_HOMES = {
    "augmentation": "mixbench.augment.build",
    "evaluate": "mixbench.runs.evaluation",
    "Evaluation": "mixbench.runs.evaluation",
    "leaderboard": "mixbench.board.leaderboard",
    "load_data": "mixbench.data.public",
    "load_model": "mixbench.runs.weights",
    "load_record": "mixbench.results.record",
    "run": "mixbench.runs.calls",
    "sweep": "mixbench.runs.calls",
    "Record": "mixbench.results.record",
    "MixBenchError": "mixbench.spec.errors",
}

__all__ = [
    "Evaluation",
    "MixBenchError",
    "Record",
    "augmentation",
    "compare",
    "evaluate",
    "leaderboard",
    "load_data",
    "load_model",
    "load_record",
    "run",
    "sweep",
]


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"mixbench.{name}")
    if name == "__version__":
        return import_module("importlib.metadata").version("mixbench")
    if name not in _HOMES:
        raise AttributeError(f"module 'mixbench' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
