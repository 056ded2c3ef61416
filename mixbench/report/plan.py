"""The plan as a table: jobs, what is there already, what the rest costs."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from mixbench.runs.cost import Cost


def plan_table(costs: list[Cost], workers: int) -> Table:
    """Draw a plan's jobs and their expected cost."""
    left = sum(cost.seconds or 0 for cost in costs if not cost.cached)
    caption = f"About {left / workers:.0f} s of work left on {workers} worker(s), plus the start of the workers."
    if any(cost.seconds is None for cost in costs if not cost.cached):
        caption = "No training of this suite and backbone was timed on this machine yet, so no seconds are known."
    table = Table(title="Plan", caption=caption, title_justify="left")
    for column in ("job", "digest"):
        table.add_column(column)
    for column in ("image passes", "seconds", "from"):
        table.add_column(column, justify="right")
    for cost in costs:
        seconds = "" if cost.seconds is None else f"{cost.seconds:.1f}"
        row = ("cached", "", "") if cost.cached else (f"{cost.image_passes:,}", seconds, cost.source)
        table.add_row(escape(cost.title), cost.digest[:12], *row)
    return table


def plan_json(costs: list[Cost]) -> list[dict[str, Any]]:
    """Return a plan's jobs as data."""
    return [dict(vars(cost)) for cost in costs]
