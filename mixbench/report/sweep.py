"""What people read of a sweep: its plan in brief, what failed and why, and a row an augmentation at the end."""

from __future__ import annotations

from collections.abc import Sequence

from mixbench.augment.build import brief
from mixbench.report.grid import Column, Grid
from mixbench.report.numbers import big, eps_text, number, size
from mixbench.report.plan import plan_notes
from mixbench.results.aggregate import over_seeds
from mixbench.results.measures import BY_NAME, HEADLINE, Measure
from mixbench.results.record import Record
from mixbench.runs.cards import Card
from mixbench.runs.cost import Cost, left
from mixbench.runs.jobs.job import Job
from mixbench.runs.plan import Plan
from mixbench.runs.schedule import Outcome
from mixbench.spec.seeding import SURROGATE_SEED

SHARED = "shared by all"


def summary_table(plan: Plan, records: Sequence[Record]) -> Grid:
    """Draw a row an augmentation: its seeds that are done and the headline measures' means."""
    title = f"Suite {plan.suite.name}, backbone {plan.backbone}, ε {eps_text(plan.suite.battery.eps)}"
    measures = [BY_NAME[name] for name in HEADLINE]
    heads = [Column(f"{measure.section}\n{measure.short}", right=True) for measure in measures]
    table = Grid([Column("augmentation"), Column("seeds", right=True), *heads], title)
    table.notes.append("Means over the seeds; errors, shares and ECE in percent.")
    for augmentation in dict.fromkeys(record.augmentation for record in plan.records):
        planned = sum(record.augmentation == augmentation for record in plan.records)
        found = [record for record in records if record.augmentation == augmentation]
        cells = (_cell(found, measure) for measure in measures)
        table.add(brief(augmentation), f"{len(found)}/{planned}", *cells)
    return table


def _cell(records: Sequence[Record], measure: Measure) -> str:
    reading = over_seeds(records, measure.name) if records else None
    return "" if reading is None else number(measure, reading.value)


def failure_table(jobs: Sequence[Job], outcome: Outcome) -> Grid:
    """Draw what failed and why, one row each, and how much could not be tried because of it."""
    untried = len(outcome.unmade) - len(outcome.failed)
    table = Grid([Column("job"), Column("why", prose=True)], f"Failed: {len(outcome.failed)} of {len(jobs)}")
    if untried:
        table.notes.append(f"{untried} more jobs need these and were not tried.")
    table.notes.append("The rest is kept; the same command tries these again.")
    for job in jobs:
        if job.digest in outcome.failed:
            table.add(job.title, outcome.failed[job.digest].removeprefix(f"{job.title}: "))
    return table


def sweep_plan_table(plan: Plan, costs: Sequence[Cost], workers: int, card: Card | None = None) -> Grid:
    """Draw a sweep's plan, a row an augmentation: its jobs, those that are cached, what the rest costs."""
    heads = ("jobs", "cached", "image passes left", "FLOP left", "to store", "seconds left")
    columns = [Column("augmentation"), *(Column(head, right=True) for head in heads)]
    table = Grid(columns, f"Plan: {len(plan.records)} records", plan_notes(plan, costs, workers, card))
    homes = _homes(plan)
    for home in sorted(dict.fromkeys(homes.values()), key=lambda home: home != SHARED):
        table.add(home, *_plan_cells([cost for cost in costs if homes[cost.digest] == home]))
    table.add("all", *_plan_cells(costs), style="bold")
    return table


def _plan_cells(costs: Sequence[Cost]) -> list[str]:
    rest = left(costs)
    known = all(cost.seconds is not None for cost in rest)
    seconds = f"{sum(cost.seconds or 0 for cost in rest):,.0f}" if known else ""
    passes, flops, stored = (sum(getattr(cost, name) for cost in rest) for name in ("image_passes", "flops", "stored"))
    return [str(len(costs)), str(len(costs) - len(rest)), f"{passes:,}", big(flops).strip(), size(stored), seconds]


def _homes(plan: Plan) -> dict[str, str]:
    """The augmentation that each job serves, by the job's digest; the surrogate's serve all."""
    found = {}
    for job in plan.jobs:
        if job.computes:
            (spec,) = job.specs
            found[job.digest] = SHARED if spec.seed == SURROGATE_SEED else brief(spec.augmentation)
    return found
