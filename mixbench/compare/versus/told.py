"""What is said while and after seeds are added, and what planned seeds will tell."""

from __future__ import annotations

import math
from pathlib import Path

from mixbench.compare.pair import Verdict, spread_of
from mixbench.compare.plan import Planned, pair_detectable
from mixbench.compare.versus.call import Places
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.scope import Scope
from mixbench.compare.versus.until import DEFAULT_MEASURE, Step
from mixbench.compare.versus.words import amount, seeds_wanted, unit
from mixbench.results.measures import BY_NAME
from mixbench.runs.plan import Plan
from mixbench.spec.errors import MixBenchError


def rule_line(step: Step) -> str:
    """Say before the first look what the rule may cost."""
    rule, none = step.rule, step.rule.expected
    fixed = f"{rule.fixed} seeds at once would do the same" if rule.fixed else "no fixed number within these does"
    return (
        f"{step.a.label} against {step.b.label}, {step.measure.name}: looks after each seed from {rule.looks[0]} to"
        f" {rule.looks[-1]} for a difference of {amount(step.measure, rule.effect)} {unit(step.measure)}; on average"
        f" {none[1]:.1f} seeds if it is that, {none[0]:.1f} if there is none; {fixed}"
    )


def step_line(step: Step) -> str:
    """Say what a look shows."""
    found, same = step.bounds
    bounds = f"differs from {found:.2f}" if math.isfinite(found) else "no claim yet"
    what = step.verdict.value if step.verdict else "another seed"
    difference = amount(step.measure, step.pair.difference, "+")
    return (
        f"{step.a.label} − {step.b.label}, {step.pair.seeds} seeds: {difference} {unit(step.measure)}, |t|"
        f" {step.size:.2f} ({bounds}, same below {same:.2f}): {what}"
    )


def verdict_line(step: Step) -> str:
    """Say in one sentence what came of it."""
    pair, rule, measure = step.pair, step.rule, step.measure
    margin = f"{amount(measure, rule.effect)} {unit(measure)}"
    if step.verdict is Verdict.BETTER or step.verdict is Verdict.WORSE:
        size = f"{amount(measure, abs(pair.difference))} {unit(measure)}"
        told = f"{step.verdict.value} than {step.b.label} by {size}"
    elif step.verdict is Verdict.SAME:
        told = f"the same as {step.b.label}: a difference of {margin} would have been seen"
    else:
        told = f"undecided against {step.b.label}; by what is seen {seeds_wanted(pair)}"
    rates = f"errs in {rule.false_alarm:.0%} where there is no difference, misses {margin} in {rule.miss:.0%}"
    return f"{step.a.label} in {measure.name} after {pair.seeds} seeds: {told} ({rates})."


def planned_line(measure: str, planned: Planned) -> str:
    """Say what so many seeds tell in a measure."""
    found = BY_NAME[measure]
    seeds = f"{planned.seeds} seed{'s' if planned.seeds != 1 else ''}"
    if planned.of_two is None:
        return f"{seeds}: too few to tell two methods apart in {measure}."
    board = "" if planned.on_board is None else f", on a board of all rows {amount(found, planned.on_board)}"
    size = f"{amount(found, planned.of_two)} {unit(found)}"
    return f"{seeds} a method find a difference of {size} in {measure} in 80 % of cases{board}: mixbench power."


def what_seeds_tell(plan: Plan, runs: Path, board: Path | None = None) -> list[str]:
    """Say in a line what a plan's seeds will be able to tell in clean error; none where no records say."""
    seeds = len({record.seed for record in plan.records} - {None})
    scope, evidence, places = Scope.planned(plan.suite, plan.backbone), Evidence(), Places(board, runs)
    try:
        column = places.panel(scope, evidence, places.find()).column(DEFAULT_MEASURE)
    except MixBenchError:
        return []
    if column is None or column.panel.seed <= 0 or not seeds:
        return []
    spread, examples = spread_of(column.panel, column.prior), column.panel.examples
    on_board = column.detectable(seeds) if seeds > 1 else None
    told = Planned(seeds, None, on_board, pair_detectable(spread, examples, seeds))
    return [planned_line(DEFAULT_MEASURE, told)]
