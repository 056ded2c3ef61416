"""Records from before a measure was added: its reading, from the outcomes that lie beside them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from mixbench.results.arrays import check_axes
from mixbench.results.attacks import CORE
from mixbench.results.classes import outcomes_beside
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME
from mixbench.results.outcomes import with_eps
from mixbench.results.readings import Reading
from mixbench.spec.errors import MixBenchError


def completed(found: Found, names: Collection[str]) -> Found:
    """Return a record with those of the named measures that are younger than it and that its outcomes give.

    Whatever its outcomes do not give, be they elsewhere or broken, stays away.
    """
    record = found.record
    lacking = [name for name in names if name not in record.readings and _is_younger(found, name)]
    if not lacking:
        return found
    made = _readings(found, lacking)
    return found._replace(record=record.model_copy(update={"readings": {**record.readings, **made}}))


def _is_younger(found: Found, name: str) -> bool:
    measure, record = BY_NAME[name], found.record
    return measure.since > record.outcomes.version and measure.group in (CORE, *record.groups)


def _readings(found: Found, names: Collection[str]) -> dict[str, Reading]:
    try:
        outcomes = with_eps(outcomes_beside(found.record, found.path), found.record.settings.get("eps_curve", ()))
        check_axes(outcomes)
        with np.errstate(all="ignore"):
            made = {name: BY_NAME[name].compute(outcomes) for name in names}
    except (MixBenchError, ValueError, IndexError, TypeError):
        return {}
    return {name: reading for name, reading in made.items() if reading is not None}
