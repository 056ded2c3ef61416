"""From an experiment's settings to suites: the paper's own, or another in their place, with a setting's changes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mixbench.papers.experiment import Experiment, Row, Setting
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.new_suite import read_back
from mixbench.spec.suite import Suite, load_suite, suites_folder
from mixbench.spec.variant import changed, variant

SMALL = "small"
"""What stands for a suite in experiments that have none: the same at a size for two cores."""


@dataclass(frozen=True)
class Place:
    """Where settings are measured, several where another suite made them the same, and their rows.

    Without a suite `options` are the settings' values.
    """

    settings: tuple[Setting, ...]
    suite: Suite | None
    backbone: str
    rows: tuple[Row, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    instead: bool = False
    """Whether the suite stands for the paper's."""

    @property
    def lacks(self) -> str:
        """The data that it would need, where there is no suite of them."""
        return (self.setting.lacks or "") if self.suite is None else ""

    @property
    def setting(self) -> Setting:
        """The first of them, whose published numbers are shown."""
        return self.settings[0]


def places_of(experiment: Experiment, on: str | None, model: str | None = None) -> list[Place]:
    """Return where an experiment is measured, `on` a suite instead of the paper's, each place once.

    Where `on` is a suite of the paper's own, its settings alone. MixBenchError for a suite that cannot be used.
    """
    found: dict[object, Place] = {}
    for setting in [each for each in experiment.settings if each.suite == on] or experiment.settings:
        suite, options = suite_of(setting, on), {} if setting.suite or setting.lacks else _wishes(setting, on)
        backbone = model or (setting.backbone if _own(setting, on) else None) or (suite.backbone if suite else "")
        names = tuple(experiment.quantities_of(setting))
        key = (suite.digest, backbone, names) if suite else (setting.title, *options.items())
        first = found.get(key)
        settings = (*(first.settings if first else ()), setting)
        labels = {row.label for each in settings for row in experiment.rows_of(each)}
        rows = tuple(row for row in experiment.rows if row.label in labels)
        found[key] = Place(settings, suite, backbone, rows, options, not _own(setting, on))
    return list(found.values())


def suite_of(setting: Setting, on: str | None) -> Suite | None:
    """Return a setting's suite with its changes, None for one without; MixBenchError where they do not fit it."""
    name = setting.suite or (on if setting.lacks else None)
    if name is None:
        return None if setting.lacks else _no_suite(setting, on)
    suite, wishes = load_suite(on or name), _wishes(setting, on)
    if not wishes:
        return suite
    name = f"{suite.name[:40]}-{digest(sorted(wishes.items()))[:8]}"
    try:
        return read_back(suites_folder() / f"{name}.toml", variant(suite, name, changed(suite, wishes)))
    except MixBenchError as error:
        raise MixBenchError(f"setting {setting.title!r} on {suite.name}: {error}; choose another suite") from None


def _no_suite(setting: Setting, on: str | None) -> None:
    if on not in (None, SMALL):
        raise MixBenchError(
            f"--on {on}: needed {SMALL}, since {setting.title!r} is no suite's, got a suite; leave it out"
        )


def _own(setting: Setting, on: str | None) -> bool:
    return on is None or on == setting.suite


def _wishes(setting: Setting, on: str | None) -> dict[str, Any]:
    """The paper's budget goes with its own suite alone."""
    return {**(setting.budget if _own(setting, on) else {}), **setting.change}


MOST_SEEDS = 100


def suite_in(place: Place) -> Suite:
    """Return a place's suite; MixBenchError where it has none."""
    if place.suite is None:
        raise MixBenchError(f"setting {place.setting.title!r}: needed a suite for what is trained; add one to the file")
    return place.suite


def specs_of(place: Place) -> list[str]:
    """Return what a place's rows are made of, each spec once."""
    return list(dict.fromkeys(spec for row in place.rows for spec in row.specs))


def wanted_of(place: Place, seeds: Sequence[int]) -> list[tuple[str, int]]:
    """Return every spec of a place at every seed."""
    return [(spec, seed) for spec in specs_of(place) for seed in seeds]


def whole_specs(place: Place, seeds: Sequence[int], made: Container[tuple[str, int]]) -> list[str]:
    """Return the specs of a place of which there is something at every seed."""
    return [spec for spec in specs_of(place) if all((spec, seed) in made for seed in seeds)]


def seeds_of(count: int) -> Sequence[int]:
    """Return the seeds 0 … count − 1; MixBenchError for none or more than MOST_SEEDS."""
    if not 1 <= count <= MOST_SEEDS:
        raise MixBenchError(f"--seeds: needed a number of seeds from 1 to {MOST_SEEDS}, got {count}")
    return range(count)


def title_of(place: Place) -> str:
    """Say where a setting was measured."""
    if place.suite is None:
        return place.setting.title
    here = f"{place.suite.name}, {place.backbone}"
    return f"{here}, in place of {place.setting.title}" if place.instead else f"{place.setting.title}: {here}"
