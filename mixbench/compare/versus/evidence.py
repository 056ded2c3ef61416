"""Outcomes of records that are compared, all on the suite's own draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixbench.results.array import Outcomes
from mixbench.results.arrays import ARRAYS, check_axes
from mixbench.results.classes import outcomes_beside
from mixbench.results.found import Found
from mixbench.results.outcomes import with_eps
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown


class Evidence:
    """Reads each record's outcomes once; labels, masks, pairs, λ and halves have to be those of the first."""

    def __init__(self) -> None:
        self._read: dict[Path, Outcomes] = {}
        self._shared: dict[str, tuple[np.ndarray, str]] = {}

    def of(self, found: Found) -> Outcomes:
        """Return a record's outcomes; MixBenchError where they are not beside it or on other examples."""
        if found.path not in self._read:
            outcomes = outcomes_beside(found.record, found.path)
            try:
                check_axes(outcomes)
            except ValueError as error:
                raise MixBenchError(
                    f"record {shown(found.path)}: needed outcomes of its own axes, got another {error}; measure again"
                ) from None
            self._read[found.path] = self.checked(with_eps(outcomes, found.record.eps_curve), shown(found.path))
        return self._read[found.path]

    def checked(self, outcomes: Outcomes, where: str) -> Outcomes:
        """Return outcomes that were made elsewhere, called `where`; MixBenchError as `of`."""
        there = {each.name: outcomes[each.name] for each in ARRAYS if each.shared and each.name in outcomes}
        for name, values in there.items():
            first, home = self._shared.get(name, (values, where))
            if not np.array_equal(first, values):
                raise MixBenchError(
                    f"compare: needed the same examples, got other {name} in {where} than in {home};"
                    " measure both with one version"
                )
        for name, values in there.items():
            self._shared.setdefault(name, (values, where))
        return outcomes
