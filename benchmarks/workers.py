"""Two workers beside one: four short trainings on digits, from the start of the first to the end of the last."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from measured import Row, Settings, in_turn, ratios
from models import tiny

from mixbench.runs import engine
from mixbench.runs.jobs.train import TrainJob

TRAININGS, EPOCHS = 4, 5


def measure(settings: Settings) -> Iterator[Row]:
    """Yield how many times the work of one two do."""
    seconds: dict[str, list[float]] = {"1": [], "2": []}
    works = {name: lambda name=name: seconds[name].append(_busy(int(name))) for name in seconds}
    in_turn(works, settings.few(2 if settings.quick else 3), warm=False)
    yield Row("workers", "work of two workers / of one", "ratio", ratios(seconds, "1", "2"))


def _busy(workers: int) -> float:
    spec = tiny(Path()).spec(EPOCHS, "float32")
    jobs = [TrainJob(title=str(seed), training=spec.model_copy(update={"seed": seed})) for seed in range(TRAININGS)]
    with tempfile.TemporaryDirectory() as runs:
        ticks: list[float] = []
        outcome = engine.run(jobs, Path(runs), _clock(ticks), workers)
    if outcome.failed:
        raise RuntimeError(str(outcome.failed))
    return ticks[-1] - ticks[0]


def _clock(ticks: list[float]) -> Callable[..., None]:
    """Hear of every end of a training and of its epochs; workers' libraries are loaded before the first epoch ends."""
    return lambda job, message: ticks.append(time.perf_counter()) if message.what in ("progress", "done") else None
