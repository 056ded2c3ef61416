"""The plan as a table: jobs, what is there already, what the rest costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixbench.data.residence import device_holds, free_memory, image_bytes, streamed
from mixbench.report.grid import Column, Grid
from mixbench.report.numbers import big, hours, size
from mixbench.runs.cards import ARITHMETIC, BANDWIDTH, Card
from mixbench.runs.cost import Cost, left, seconds_left
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.plan import Plan
from mixbench.runs.timeleft import GUESSED

UNKNOWN = "No training of this backbone was timed yet, so no seconds are known."
GUESS = " A guess by passes: it may be a few times more or less."


def plan_notes(plan: Plan, costs: Sequence[Cost], workers: int, card: Card | None = None) -> list[str]:
    """Say what a plan's rest is made of, and how long it takes."""
    return [work_left(costs), time_left(plan, costs, workers, card)]


def work_left(costs: Sequence[Cost]) -> str:
    """Say how much is left to train, compute and store."""
    rest = left(costs)
    trainings = sum(cost.kind == TrainJob.kind for cost in rest)
    passes, flops, stored = (sum(getattr(cost, name) for cost in rest) for name in ("image_passes", "flops", "stored"))
    return (
        f"Left: {trainings:,} trainings and {len(rest) - trainings:,} other jobs, {passes:,} image passes,"
        f" {big(flops)}FLOP, {size(stored)} to store."
    )


def time_left(plan: Plan, costs: Sequence[Cost], workers: int, card: Card | None = None) -> str:
    """Say how long a plan's work takes, and how sure that is."""
    seconds = seconds_left(plan.jobs, costs, workers)
    if seconds is None:
        return UNKNOWN
    if card:
        return (
            f"About {hours(seconds)} on {workers} of {card.title}, an estimate and no measurement: its data sheet's"
            f" {card.bfloat16 / 1e12:g} TFLOP/s in bfloat16, {card.float32 / 1e12:g} in float32 and"
            f" {card.bandwidth / 1e12:g} TB/s, {ARITHMETIC:.0%} and {BANDWIDTH:.0%} of which are taken to be reached"
            " (docs/scaling.md); reading images is not in it."
        )
    guess = GUESS if any(cost.source == GUESSED for cost in left(costs)) else ""
    return f"About {hours(seconds)} on {workers} worker(s), plus the start of the workers.{guess}"


def where_images_are(plan: Plan, workers: int = 1) -> list[str]:
    """Say which splits each worker holds, in memory or on the GPU, and which stream, by the memory that is free now."""
    data = plan.suite.data
    devices = {record.examination.model.device for record in plan.records}
    sizes, streams = image_bytes(data), streamed(data, processes=workers)

    def place(part: str) -> str:
        if part in streams:
            return "streams whole pictures" if data.whole and part == "train" else "streams"
        on_gpu = "cuda" in devices and device_holds("cuda", sizes[part])
        return "is held on the GPU" if on_gpu else "is held in memory"

    decided = data.stream is None and [part for part in streams if place(part) == "streams"]
    free = f"; {size(free_memory())} of memory are free" if decided else ""
    return [f"Images: {', '.join(f'{part} {place(part)} ({size(sizes[part])})' for part in sizes)}{free}."]


def plan_table(plan: Plan, costs: Sequence[Cost], workers: int, card: Card | None = None) -> Grid:
    """Draw a plan's jobs and their expected cost."""
    numbers = [Column("image passes", right=True), Column("seconds", right=True), Column("from", drop=1)]
    table = Grid([Column("job"), Column("digest", drop=2), *numbers], "Plan", plan_notes(plan, costs, workers, card))
    for cost in costs:
        seconds = "" if cost.seconds is None else f"{cost.seconds:.1f}"
        row = ("cached", "", "") if cost.cached else (f"{cost.image_passes:,}", seconds, cost.source)
        table.add(cost.title, cost.digest[:12], *row)
    return table


def plan_json(costs: list[Cost]) -> list[dict[str, Any]]:
    """Return a plan's jobs as data."""
    return [dict(vars(cost)) for cost in costs]
