"""The plan as a table: jobs, what is there already, what the rest costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixbench.data.residence import device_holds, free_memory, image_bytes, streamed
from mixbench.report.grid import Column, Grid
from mixbench.report.numbers import size
from mixbench.runs.cost import Cost
from mixbench.runs.plan import Plan
from mixbench.runs.timeleft import GUESSED

UNKNOWN = "No training of this backbone was timed yet, so no seconds are known."
GUESS = " A guess by image passes: it may be a few times more or less."


def time_left(costs: Sequence[Cost], workers: int) -> str:
    """Say how long a plan's work takes, and how sure that is."""
    left = [cost for cost in costs if not cost.cached]
    if any(cost.seconds is None for cost in left):
        return UNKNOWN
    total = sum(cost.seconds or 0 for cost in left) / workers
    guess = GUESS if any(cost.source == GUESSED for cost in left) else ""
    return f"About {total:.0f} s of work left on {workers} worker(s), plus the start of the workers.{guess}"


def where_images_are(plan: Plan) -> list[str]:
    """Say which splits are held, in memory or on the GPU, and which stream, by the memory that is free now."""
    data = plan.suite.data
    devices = {record.examination.model.device for record in plan.records}
    sizes, streams = image_bytes(data), streamed(data)

    def place(part: str) -> str:
        if part in streams:
            return "streams"
        on_gpu = "cuda" in devices and device_holds("cuda", sizes[part])
        return "is held on the GPU" if on_gpu else "is held in memory"

    free = f"; {size(free_memory())} of memory are free" if streams and data.stream is None else ""
    return [f"Images: {', '.join(f'{part} {place(part)} ({size(sizes[part])})' for part in sizes)}{free}."]


def plan_table(costs: list[Cost], workers: int) -> Grid:
    """Draw a plan's jobs and their expected cost."""
    numbers = [Column("image passes", right=True), Column("seconds", right=True), Column("from", drop=1)]
    table = Grid([Column("job"), Column("digest", drop=2), *numbers], "Plan", [time_left(costs, workers)])
    for cost in costs:
        seconds = "" if cost.seconds is None else f"{cost.seconds:.1f}"
        row = ("cached", "", "") if cost.cached else (f"{cost.image_passes:,}", seconds, cost.source)
        table.add(cost.title, cost.digest[:12], *row)
    return table


def plan_json(costs: list[Cost]) -> list[dict[str, Any]]:
    """Return a plan's jobs as data."""
    return [dict(vars(cost)) for cost in costs]
