"""What people read of a sweep: its plan in brief, what failed and why, and a row an augmentation at the end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from mixbench.augment.build import brief
from mixbench.report.plan import time_left
from mixbench.results.aggregate import over_seeds
from mixbench.results.measures import BY_NAME, HEADLINE, Measure
from mixbench.results.record import Record
from mixbench.runs.cost import Cost
from mixbench.runs.engine import Outcome
from mixbench.runs.job import Job
from mixbench.runs.plan import Plan
from mixbench.spec.seeding import SURROGATE_SEED

SHARED = "shared by all"


def summary_table(plan: Plan, records: Sequence[Record]) -> Table:
    """Draw a row an augmentation: its seeds that are done and the headline measures' means."""
    title = f"Suite {plan.suite.name}, backbone {plan.backbone}, ε {plan.suite.battery.eps:g}"
    caption = "Means over the seeds; errors, shares and ECE in percent."
    table = Table(title=escape(title), caption=caption, title_justify="left")
    table.add_column("augmentation", overflow="fold")
    table.add_column("seeds", justify="right")
    for name in HEADLINE:
        table.add_column(_heading(BY_NAME[name]), justify="right")
    for augmentation in dict.fromkeys(record.augmentation for record in plan.records):
        planned = sum(record.augmentation == augmentation for record in plan.records)
        found = [record for record in records if record.augmentation == augmentation]
        table.add_row(
            escape(brief(augmentation)), f"{len(found)}/{planned}", *(_cell(found, name) for name in HEADLINE)
        )
    return table


def _heading(measure: Measure) -> str:
    return "\n".join([*measure.section.split(", "), measure.short])


def _cell(records: Sequence[Record], name: str) -> str:
    reading = over_seeds(records, name) if records else None
    return "" if reading is None else f"{reading.value:.1%}".removesuffix("%")


def failure_table(tasks: Sequence[Job], outcome: Outcome) -> Table:
    """Draw what failed and why, one row each, and how much could not be tried because of it."""
    untried = len(outcome.unmade) - len(outcome.failed)
    caption = f"{untried} more jobs need these and were not tried. " if untried else ""
    caption += "The rest is kept; the same command tries these again."
    table = Table(title=f"Failed: {len(outcome.failed)} of {len(tasks)}", caption=caption, title_justify="left")
    table.add_column("job")
    table.add_column("why", overflow="fold")
    for task in tasks:
        if task.digest in outcome.failed:
            why = outcome.failed[task.digest].removeprefix(f"{task.title}: ")
            table.add_row(escape(task.title), escape(why))
    return table


def sweep_plan_table(plan: Plan, costs: Sequence[Cost], workers: int) -> Table:
    """Draw a sweep's plan, a row an augmentation: its jobs, those that are cached, what the rest costs."""
    table = Table(title=f"Plan: {len(plan.records)} records", title_justify="left")
    table.caption = time_left(costs, workers)
    for column in ("augmentation", "jobs", "cached", "image passes left", "seconds left"):
        table.add_column(column, justify="left" if column == "augmentation" else "right")
    homes = _homes(plan)
    for home in sorted(dict.fromkeys(homes.values()), key=lambda home: home != SHARED):
        rows = [cost for cost in costs if homes[cost.digest] == home]
        table.add_row(escape(home), *_plan_cells(rows))
    table.add_section()
    table.add_row("all", *_plan_cells(costs))
    return table


def _plan_cells(costs: Sequence[Cost]) -> list[str]:
    left = [cost for cost in costs if not cost.cached]
    known = all(cost.seconds is not None for cost in left)
    seconds = f"{sum(cost.seconds or 0 for cost in left):.0f}" if known else ""
    return [str(len(costs)), str(len(costs) - len(left)), f"{sum(cost.image_passes for cost in left):,}", seconds]


def _homes(plan: Plan) -> dict[str, str]:
    """The augmentation that each job serves, by the job's digest; the surrogate's serve all."""
    found = {}
    for job in plan.jobs:
        if job.computes:
            (spec,) = job.specs
            found[job.digest] = SHARED if spec.seed == SURROGATE_SEED else brief(spec.augmentation)
    return found
