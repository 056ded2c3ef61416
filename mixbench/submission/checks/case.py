"""What the checks are given: a record, what is known here, and the sizes that its suite fixes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from mixbench.results.found import HOMES
from mixbench.results.measure import Measure
from mixbench.results.noises import NOISE_GIVEN, NOISE_LEVELS, noise_name
from mixbench.results.record import EXTERNAL, Record
from mixbench.spec.sections.battery import Battery
from mixbench.spec.sections.data import Data, Shift
from mixbench.spec.sections.training import Budget
from mixbench.spec.suite import Suite

_OWN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.py:[A-Za-z_][A-Za-z0-9_]{0,99}")


def is_contributed(name: str) -> bool:
    """Whether a method's name in a canonical spec is a bare file and a class, such as my_mix.py:MyMix."""
    return bool(_OWN.fullmatch(name))


class Facts(NamedTuple):
    """What a spec of built-in methods is: its canonical text, its methods' versions, its link."""

    canonical: str
    versions: dict[str, int | str]
    link: str


@dataclass(frozen=True)
class Known:
    """What this installation knows: suites by digest, built-in methods, and what a spec of them alone means.

    `describe` raises MixBenchError for a spec that is malformed, out of range or does not combine; it runs nobody's
    file. `now` bounds the time that a record may give; the present one where it is left out. `is_backbone` says whether
    there is a backbone of a name; any may be where it is left out. `describe_own` returns what records say of a
    backbone beside timm's made for some data, None of timm's; MixBenchError where it takes no such data.
    """

    suites: Mapping[str, Suite]
    methods: frozenset[str]
    describe: Callable[[str], Facts]
    now: datetime | None = None
    is_backbone: Callable[[str], bool] = lambda name: True
    describe_own: Callable[[str, Data], dict[str, Any] | None] = lambda name, data: None


class Layout(NamedTuple):
    """The sections of a suite that fix how many of everything there are."""

    data: Data
    battery: Battery
    budget: Budget
    shifts: tuple[Shift, ...] = ()

    @property
    def noises(self) -> dict[str, float | Literal["given"]]:
        """The trainings on corrupted labels, by role: their level, or that the suite's file gives the labels."""
        levels: dict[str, float | Literal["given"]] = {noise_name(level): level for level in NOISE_LEVELS}
        return {**levels, NOISE_GIVEN: "given"} if self.data.given_labels else levels


@dataclass(frozen=True)
class Case:
    """One record under examination."""

    path: Path
    record: Record
    known: Known

    @property
    def home(self) -> str | None:
        """Which of a board's folders the record lies in; None where it lies elsewhere."""
        name = self.path.parent.resolve().name
        return name if name in HOMES else None

    @property
    def suite(self) -> Suite | None:
        """The known suite whose digest the record carries."""
        return self.known.suites.get(self.record.suite_digest)

    @cached_property
    def layout(self) -> Layout | None:
        """The sizes by the known suite, else by the record's own settings; None where these are no suite's."""
        if self.suite:
            return Layout(self.suite.data, self.suite.battery, self.suite.training, tuple(self.suite.shifts))
        settings = self.record.settings
        battery = {name: settings.get(name) for name in Battery.model_fields}
        try:
            return Layout(
                Data.model_validate(settings.get("data")),
                Battery.model_validate(battery),
                Budget.model_validate(settings.get("training")),
                tuple(map(Shift.model_validate, settings.get("shifts", ()))),
            )
        except (ValidationError, TypeError):
            return None

    @property
    def external(self) -> bool:
        """Whether the weights were trained elsewhere."""
        return self.record.augmentation == EXTERNAL

    def expects(self, measure: Measure) -> bool:
        """Whether the record is from after the measure was added."""
        return measure.since <= self.record.outcomes.version

    @property
    def contributed(self) -> bool:
        """Whether a method is somebody's own, whose link nothing here knows."""
        return any(is_contributed(name) for name in self.record.method_versions)
