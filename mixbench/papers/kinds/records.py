"""Experiments of trainings and the battery: every row is an augmentation, every quantity is read off its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from mixbench.compare.pair import Spread
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.scope import Scope
from mixbench.compare.versus.sides import sides_of
from mixbench.papers.bench import Bench, Key, Measured
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.kind import Kind
from mixbench.papers.kinds.plane import decision_planes
from mixbench.papers.kinds.running import carry_out
from mixbench.papers.quantity import Outcomes, Reading, Table, reading_of
from mixbench.papers.settings import MOST_SEEDS, Place, specs_of, suite_in, title_of, whole_specs
from mixbench.results.found import Found
from mixbench.results.measure import Measure
from mixbench.runs.partial import Wanted, plan_wanted, wanted_outcomes
from mixbench.runs.plan import Plan


@dataclass(frozen=True)
class _Look:
    """What is known of a place from records, and what is missing."""

    readings: Sequence[Reading]
    specs: Sequence[str]
    known: Mapping[Wanted, Outcomes]
    missing: Sequence[Wanted]
    scope: Scope
    found: Sequence[Found]
    evidence: Evidence

    @property
    def measures(self) -> list[Measure]:
        """The measures whose trainings are needed."""
        return list({each.needs.name: each.needs for each in self.readings}.values())


def measure_records(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Measured:
    """Measure a place's rows; records count first, and noisy trainings that no quantity reads are left out."""
    readings = [reading_of(name) for name in experiment.quantities_of(place.setting)]
    bare = Measured(
        place.setting, quantities={each.quantity.name: each.quantity for each in readings}, where=title_of(place)
    )
    if place.lacks:
        return replace(bare, refused=f"needs {place.lacks}")
    look = _look(experiment, place, seeds, bench)
    made = _trained(look, place, experiment, bench)
    tables = _tables(look, place, seeds, {**look.known, **made.outcomes})
    spreads = _spreads(look, tables, bench)
    return replace(bare, tables=tables, spreads=spreads, refused=made.refused, faults=made.faults)


def plan_records(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Sequence[Plan]:
    """Plan what `measure_records` would train and examine."""
    return [_plan(_look(experiment, place, seeds, bench), place, bench)]


def known_records(experiment: Experiment, place: Place, bench: Bench) -> int:
    """Return how many seeds, 0 and on, records have of every row of a place; 0 where it lacks its data."""
    if place.lacks:
        return 0
    seeds = range(MOST_SEEDS)
    missing = {seed for _, seed in _look(experiment, place, seeds, bench).missing}
    return next((seed for seed in seeds if seed in missing), MOST_SEEDS)


RECORDS = Kind(measure_records, decision_planes, plan_records, known_records)


def _look(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> _Look:
    readings = [reading_of(name) for name in experiment.quantities_of(place.setting)]
    specs, scope, found = specs_of(place), Scope.planned(suite_in(place), place.backbone), bench.found
    evidence = bench.evidence(scope)
    known: dict[Wanted, Outcomes] = {}
    for spec, side in zip(specs, sides_of(specs, scope, found, trained=True), strict=True):
        held = {seed: evidence.of(side.records[seed]) for seed in seeds if seed in side.records}
        # Records of an older version may lack what a quantity reads.
        known |= {(spec, seed): one for seed, one in held.items() if _whole(one, readings)}
    missing = [(spec, seed) for spec in specs for seed in seeds if (spec, seed) not in known]
    return _Look(readings, specs, known, missing, scope, found, evidence)


def _plan(look: _Look, place: Place, bench: Bench) -> Plan:
    return plan_wanted(suite_in(place), place.backbone, look.missing, look.measures, bench.device)


class _Made(NamedTuple):
    outcomes: Mapping[Wanted, Outcomes]
    refused: str = ""
    faults: tuple[str, ...] = ()


def _trained(look: _Look, place: Place, experiment: Experiment, bench: Bench) -> _Made:
    if not look.missing:
        return _Made({})
    plan = _plan(look, place, bench)
    ran = carry_out(plan, experiment, bench)
    if ran.refused:
        return _Made({}, ran.refused)
    made = wanted_outcomes(plan, look.missing, look.measures, bench.venue.store, ran.unmade)
    checked = {each: look.evidence.checked(one, f"{each[0]}, seed {each[1]}") for each, one in made.items()}
    return _Made(checked, faults=ran.faults)


def _tables(look: _Look, place: Place, seeds: Sequence[int], known: Mapping[Wanted, Outcomes]) -> dict[Key, Table]:
    found = {
        (spec, each.quantity.name): _read(each, [known[spec, seed] for seed in seeds])
        for spec in whole_specs(place, seeds, known)
        for each in look.readings
    }
    return {key: table for key, table in found.items() if table is not None}


def _spreads(look: _Look, tables: Mapping[Key, Table], bench: Bench) -> dict[str, Spread]:
    """What the panel says of each quantity that is a measure."""
    panel = bench.places.panel(look.scope, look.evidence, look.found)
    measures = {each.quantity.name for each in look.readings if each.quantity.name == each.needs.name}
    sizes = {name: table.shape[1] for (_, name), table in tables.items() if name in measures}
    return {name: panel.spread(name, size) for name, size in sizes.items()}


def _whole(outcomes: Outcomes, readings: Sequence[Reading]) -> bool:
    return all(_read(each, [outcomes]) is not None for each in readings)


def _read(reading: Reading, outcomes: Sequence[Outcomes]) -> Table | None:
    try:
        return reading.read(outcomes)
    except KeyError:
        return None
