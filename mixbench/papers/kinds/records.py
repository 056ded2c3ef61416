"""Experiments of trainings and the battery: every row is an augmentation, every quantity is read off its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mixbench.compare.pair import Spread
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.sides import Setting, sides_of
from mixbench.compare.versus.until import trainer
from mixbench.papers.bench import Bench, Key, Measured
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.kind import Kind
from mixbench.papers.quantity import Outcomes, Reading, Table, reading_of
from mixbench.papers.settings import Place, title_of
from mixbench.results.found import Found
from mixbench.results.measure import Measure
from mixbench.runs.partial import plan_for
from mixbench.runs.plan import Plan, plan_spec
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite

Wanted = tuple[str, int]
"""A spec and a seed."""


@dataclass(frozen=True)
class _Look:
    """What is known of a place from records, and what is missing."""

    readings: Sequence[Reading]
    specs: Sequence[str]
    known: Mapping[Wanted, Outcomes]
    missing: Sequence[Wanted]
    setting: Setting
    found: Sequence[Found]
    evidence: Evidence

    @property
    def measures(self) -> list[Measure]:
        """The measures whose trainings are needed."""
        return list({each.needs.name: each.needs for each in self.readings}.values())


def measure_records(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Measured:
    """Measure a place's rows; records of boards and runs count first, and no more is trained than quantities need."""
    readings = [reading_of(name) for name in experiment.quantities_of(place.setting)]
    quantities = {each.quantity.name: each.quantity for each in readings}
    bare = Measured(place.setting, quantities=quantities, where=title_of(place))
    if place.lacks:
        return replace(bare, refused=f"needs {place.lacks}")
    look = _look(experiment, place, seeds, bench)
    try:
        known = {**look.known, **_trained(look, place, bench)}
    except MixBenchError as error:
        return replace(bare, refused=str(error))
    tables = _tables(look, seeds, known)
    return replace(bare, tables=tables, spreads=_spreads(look, tables, bench))


def plan_records(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Plan:
    """Plan what `measure_records` would train and examine."""
    look, suite = _look(experiment, place, seeds, bench), _suite(place)
    plans = [
        plan_for(plan_spec(suite, place.backbone, [spec], [seed], bench.device), look.measures)
        for spec, seed in look.missing
    ]
    jobs = {job.digest: job for plan in plans for job in plan.jobs}
    return Plan(suite, place.backbone, tuple(jobs.values()), ())


RECORDS = Kind(measure_records, plan_records)


def _look(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> _Look:
    readings = [reading_of(name) for name in experiment.quantities_of(place.setting)]
    specs = list(dict.fromkeys(spec for row in place.rows for spec in row.specs))
    setting, found, evidence = Setting.planned(_suite(place), place.backbone), bench.places.find(), Evidence()
    known: dict[Wanted, Outcomes] = {}
    for spec, side in zip(specs, sides_of(specs, setting, found, trained=True), strict=True):
        held = {seed: evidence.of(side.records[seed]) for seed in seeds if seed in side.records}
        # Records of an older version may lack what a quantity reads.
        known |= {(spec, seed): one for seed, one in held.items() if _whole(one, readings)}
    missing = [(spec, seed) for spec in specs for seed in seeds if (spec, seed) not in known]
    return _Look(readings, specs, known, missing, setting, found, evidence)


def _suite(place: Place) -> Suite:
    if place.suite is None:
        raise MixBenchError(
            f"setting {place.setting.title!r}: needed a suite for what records give; add one to the file"
        )
    return place.suite


def _trained(look: _Look, place: Place, bench: Bench) -> Mapping[Wanted, Outcomes]:
    if not look.missing:
        return {}
    suite, backbone = _suite(place), place.backbone
    listening = partial(bench.listening, suite, backbone)
    train = trainer(suite, backbone, look.measures, bench.device, bench.runs, listening, bench.workers)
    return {each: look.evidence.checked(one, f"{each[0]}, seed {each[1]}") for each, one in train(look.missing).items()}


def _tables(look: _Look, seeds: Sequence[int], known: Mapping[Wanted, Outcomes]) -> dict[Key, Table]:
    found = {
        (spec, each.quantity.name): _read(each, [known[spec, seed] for seed in seeds])
        for spec in look.specs
        for each in look.readings
    }
    return {key: table for key, table in found.items() if table is not None}


def _spreads(look: _Look, tables: Mapping[Key, Table], bench: Bench) -> dict[str, Spread]:
    """What the panel says of each quantity that is a measure."""
    panel = bench.places.panel(look.setting, look.evidence, look.found)
    measures = {each.quantity.name for each in look.readings if each.quantity.name == each.needs.name}
    return {name: panel.spread(name, table.shape[1]) for (_, name), table in tables.items() if name in measures}


def _whole(outcomes: Outcomes, readings: Sequence[Reading]) -> bool:
    return all(_read(each, [outcomes]) is not None for each in readings)


def _read(reading: Reading, outcomes: Sequence[Outcomes]) -> Table | None:
    try:
        return reading.read(outcomes)
    except KeyError:
        return None
