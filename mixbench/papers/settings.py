"""From an experiment's settings to suites: the paper's own, or another in their place, with a setting's changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixbench.papers.experiment import Experiment, Row, Setting
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite, load_suite, suites_folder
from mixbench.spec.variant import changed, read_back, variant


@dataclass(frozen=True)
class Place:
    """Where settings are measured, several where another suite made them the same, and their rows."""

    settings: tuple[Setting, ...]
    suite: Suite
    backbone: str
    rows: tuple[Row, ...]

    @property
    def setting(self) -> Setting:
        """The first of them, whose published numbers are shown."""
        return self.settings[0]


def places_of(experiment: Experiment, on: str | None, model: str | None = None) -> list[Place]:
    """Return where an experiment is measured, `on` a suite instead of the paper's, each place once.

    MixBenchError for a suite that cannot be used.
    """
    found: dict[tuple[str, str, tuple[str, ...]], Place] = {}
    for setting in experiment.settings:
        suite = suite_of(setting, on)
        backbone = model or (None if on else setting.backbone) or suite.backbone
        key = suite.digest, backbone, tuple(experiment.quantities_of(setting))
        first = found.get(key)
        settings = (*(first.settings if first else ()), setting)
        labels = {row.label for each in settings for row in experiment.rows_of(each)}
        rows = tuple(row for row in experiment.rows if row.label in labels)
        found[key] = Place(settings, suite, backbone, rows)
    return list(found.values())


def suite_of(setting: Setting, on: str | None) -> Suite:
    """Return a setting's suite with its changes; MixBenchError where they do not fit it."""
    suite = load_suite(on or setting.suite)
    wishes = {**({} if on else setting.budget), **setting.change}
    if not wishes:
        return suite
    name = f"{suite.name[:40]}-{digest(sorted(wishes.items()))[:8]}"
    try:
        return read_back(suites_folder() / f"{name}.toml", variant(suite, name, changed(suite, wishes)))
    except MixBenchError as error:
        raise MixBenchError(f"setting {setting.title!r} on {suite.name}: {error}; choose another suite") from None


def seeds_of(count: int) -> Sequence[int]:
    """Return the seeds 0 … count − 1; MixBenchError for none or more than a hundred."""
    if not 1 <= count <= 100:
        raise MixBenchError(f"--seeds: needed a number of seeds from 1 to 100, got {count}")
    return range(count)


def title_of(place: Place) -> str:
    """Say where a setting was measured."""
    return f"{place.setting.title}: {place.suite.name}, {place.backbone}"
