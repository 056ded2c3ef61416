"""The shipped experiments as a list."""

from __future__ import annotations

from typing import Any

from mixbench.papers.experiment import Experiment, experiment_names, load_experiment
from mixbench.report.grid import Column, Grid


def experiments_table() -> Grid:
    """Draw the shipped experiments: what each is, the paper's suites, and where it runs in minutes."""
    columns = [Column("experiment"), Column("what", prose=True), Column("at the paper's budget", prose=True, drop=1)]
    note = "Run one: mixbench reproduce EXPERIMENT [--on SUITE]; --plan first; all that run in minutes: --all."
    table = Grid([*columns, Column("--on, in minutes")], notes=[note])
    for each in map(load_experiment, experiment_names()):
        table.add(each.key, f"{each.where}: {each.title}", ", ".join(_suites(each)), "\n".join(each.here))
    return table


def _suites(experiment: Experiment) -> list[str]:
    return list(dict.fromkeys(setting.suite for setting in experiment.settings if setting.suite))


def experiments_json() -> list[dict[str, Any]]:
    """Return the shipped experiments as data."""
    return [
        {
            "name": each.key,
            "title": each.title,
            "source": each.source,
            "where": each.where,
            "link": each.link,
            "kind": each.kind,
            "suites": _suites(each),
            "here": each.here,
            "claims": [claim.says for claim in each.claims],
        }
        for each in map(load_experiment, experiment_names())
    ]
