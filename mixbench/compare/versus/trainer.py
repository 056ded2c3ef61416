"""Further seeds of methods: trained and examined as far as one measure needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from mixbench.compare.versus.until import Train
from mixbench.results.array import Outcomes
from mixbench.results.measure import Measure
from mixbench.runs.engines import Venue
from mixbench.runs.jobs.job import Job
from mixbench.runs.partial import Wanted, plan_wanted, wanted_outcomes
from mixbench.runs.request import raise_failures
from mixbench.runs.schedule import Listen, missing
from mixbench.runs.uses import note_use
from mixbench.spec.device import Device
from mixbench.spec.suite import Suite


def trainer(
    suite: Suite,
    backbone: str,
    measure: Measure,
    device: Device,
    venue: Venue,
    listening: Callable[[Sequence[Job]], AbstractContextManager[Listen]],
    workers: int | None = None,
) -> Train:
    """Return what trains and examines specs at seeds, as far as a measure needs; what is in the runs folder is reused.

    Nothing else of a record is made: `mixbench eval` makes it from what lies there. MixBenchError for the first that
    fails.
    """

    def train(wanted: Sequence[Wanted]) -> Mapping[Wanted, Outcomes]:
        plan = plan_wanted(suite, backbone, wanted, [measure], device)
        note_use(venue.folder, f"compare --until-decided on {suite.name}, {backbone}", plan.jobs)
        todo = missing(plan.jobs, venue.store)
        with listening(todo) as listen:
            outcome = venue.run(todo, venue.folder, listen, workers)
        raise_failures(outcome)
        return wanted_outcomes(plan, wanted, [measure], venue.store)

    return train
