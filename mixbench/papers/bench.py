"""What an experiment is run with, and what a run of it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property

from mixbench.compare.pair import Spread
from mixbench.compare.versus.call import Places
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.scope import Scope
from mixbench.papers.experiment import Setting
from mixbench.papers.quantity import Quantity, Table
from mixbench.results.found import Found
from mixbench.runs.engines import Venue
from mixbench.runs.jobs.job import Job
from mixbench.runs.plan import Plan
from mixbench.runs.schedule import Listen
from mixbench.spec.device import Device

Key = tuple[str, str]
"""A spec and a quantity."""


@dataclass(frozen=True)
class Bench:
    """Where records are looked for and made, by what, and who is told of the progress of a plan's jobs, or others."""

    places: Places
    venue: Venue
    device: Device
    listening: Callable[[Plan | None, Sequence[Job]], AbstractContextManager[Listen]]
    workers: int | None = None

    @cached_property
    def found(self) -> Sequence[Found]:
        """The records that were there at first, which a run adds none to."""
        return self.places.find()

    @cached_property
    def _evidence(self) -> dict[Scope, Evidence]:
        return {}

    def evidence(self, scope: Scope) -> Evidence:
        """Return what reads the outcomes of records of a scope, each once a run."""
        return self._evidence.setdefault(scope, Evidence())


@dataclass(frozen=True)
class Measured:
    """What came of one setting: numbers by seed and example (S, N) for each spec and quantity that there is.

    `refused` says what was needed where nothing could be trained, `faults` what went wrong with some rows. `spreads`
    are what a board's panel says of the variance of a quantity.
    """

    setting: Setting
    tables: Mapping[Key, Table] = field(default_factory=dict)
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    where: str = ""
    refused: str = ""
    faults: tuple[str, ...] = ()
