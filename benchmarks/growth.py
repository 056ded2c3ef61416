"""How times grow: planning with methods and seeds, battery and training with images."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from battery import works
from measured import Row, Settings, in_turn, timed

from mixbench.augment.table import BY_NAME
from mixbench.runs.plan import plan_spec
from mixbench.runs.request import unfinished_jobs
from mixbench.runs.store import Store
from mixbench.spec.suite import Suite, load_suite
from mixbench.torch_state import fixed_arithmetic


def measure(settings: Settings) -> Iterator[Row]:
    """Yield milliseconds a record and an image, at each size."""
    suite = load_suite("digits")
    methods = [name for name in BY_NAME if name != "erm"]
    grids = [(1, 1), (10, 1), (10, 10), (len(methods), 10)]
    for augs, seeds in grids if settings.quick else [*grids, (len(methods), 50)]:
        with tempfile.TemporaryDirectory() as runs:
            work = partial(_plan, suite, methods[:augs], seeds, Path(runs))
            each = [timed(work) / (augs * seeds) * 1e3 for _ in range(settings.few(3))]
        what = f"planning {augs} methods, {seeds} seeds"
        yield Row("growth", what, "ms a record", each)
    for count in (256, 1024) if settings.quick else (256, 1024, 4096):
        with fixed_arithmetic(1):
            seconds = in_turn({"battery": works(suite, count)["battery"]}, settings.few(3))
        yield Row("growth", f"battery on {count} images", "ms an image", [s / count * 1e3 for s in seconds["battery"]])


def _plan(suite: Suite, augs: list[str], seeds: int, runs: Path) -> None:
    plan = plan_spec(suite, suite.backbone, augs, range(seeds), "cpu")
    unfinished_jobs(plan, Store(runs))
