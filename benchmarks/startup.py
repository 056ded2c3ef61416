"""How long commands take that compute nothing; whole processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from measured import Row, Settings, in_turn, process

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import torch, timm'": ("-c", "import torch, timm"),
    "what workers share": ("-c", "import mixbench.runs.preload"),
    "import mixbench": ("-c", "import mixbench"),
    "mixbench --version": ("-m", "mixbench", "--version"),
    "mixbench list augs": ("-m", "mixbench", "list", "augs"),
    "mixbench eval --aug cutmix --plan": ("-m", "mixbench", "eval", "--aug", "cutmix", "--plan"),
    "mixbench leaderboard --suite digits": ("-m", "mixbench", "leaderboard", "--suite", "digits"),
}


def measure(settings: Settings) -> Iterator[Row]:
    """Yield the seconds of each."""
    with tempfile.TemporaryDirectory() as runs:
        plan = "mixbench eval --aug cutmix --plan"
        commands = {**COMMANDS, plan: (*COMMANDS[plan], "--runs", runs)}
        works = {name: lambda words=words: process(*words) for name, words in commands.items()}
        for name, values in in_turn(works, settings.repeats).items():
            yield Row("startup", name, "s", values)
