"""Experiments of two rows, as their files, shipped suites made small for them, and what they are run with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from mixbench.compare.versus.call import Places
from mixbench.papers.bench import Bench
from mixbench.runs.engines import engine_named
from mixbench.spec.suite import suites_folder

EXPERIMENT = """
source = "A paper (2020)"
link = "https://example.org/paper"
where = "Table 1"
title = "clean error"
quantities = ["clean.top1_error"]

[[rows]]
label = "ERM"
aug = "erm"

[[rows]]
label = "mixup"
aug = "mixup"

[[settings]]
title = "CIFAR-10"
suite = "cifar10"

[settings.published]
"ERM" = ["5.50"]

[[claims]]
says = "mixup errs less"
where = "Table 1"
quantity = "clean.top1_error"
row = "mixup"
than = "ERM"
settings = [0]
"""

OF_CUTMIX = EXPERIMENT.replace('aug = "mixup"', 'aug = "cutmix"')
"""Its second row is the one of the finished runs of `tiny`."""

GANS = """
source = "A paper (2020)"
link = "https://example.org/paper"
where = "Figure 1"
title = "points"
kind = "gan"
quantities = ["gan.modes_missed", "gan.samples_far"]

[[rows]]
label = "GAN"
aug = "erm"

[[rows]]
label = "mixup GAN"
aug = "mixup(alpha=0.2)"

[[settings]]
title = "ring"
budget = { width = 8, iterations = 3, batch = 16 }
change = { density = "ring" }
"""


def shipped(name: str, changes: Sequence[tuple[str, str]]) -> str:
    """Return a shipped suite's file with each of `changes` made, which has to stand there once."""
    text = (suites_folder() / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def bench(folder: Path) -> Bench:
    """Return one process on the CPU, silent, with a runs folder of its own."""
    runs = folder / "runs"
    venue = engine_named("local").venue(runs)
    return Bench(Places(None, runs), venue, "cpu", lambda plan, jobs: nullcontext(lambda job, message: None), 1)
