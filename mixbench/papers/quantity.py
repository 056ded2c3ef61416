"""What a cell of a paper's table is: a measure of records, or a paper's own way to read one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mixbench.compare.contributions import contributions
from mixbench.results.measure import Direction, Measure
from mixbench.results.measures import BY_NAME
from mixbench.spec.errors import unknown

Table = Float[np.ndarray, "s n"]
Outcomes = Mapping[str, np.ndarray]
LAST_EPOCHS = 10


@dataclass(frozen=True)
class Quantity:
    """A number of a row and setting: what it is called, and the difference that counts as none.

    `fraction` says that people read it in percent, `relative` that the tolerance is a share of the other row's value.
    """

    name: str
    label: str
    tolerance: float
    fraction: bool = True
    relative: bool = False

    def allowed(self, other: float) -> float:
        """Return the difference from another row's value that counts as none."""
        return self.tolerance * (abs(other) if self.relative else 1.0)


@dataclass(frozen=True)
class Reading:
    """A quantity that records' outcomes give, and the measure whose trainings and examinations it needs."""

    quantity: Quantity
    needs: Measure
    read: Callable[[Sequence[Outcomes]], Table | None]


def quantities_among(names: Iterable[str], known: Iterable[Quantity]) -> dict[str, Quantity]:
    """Return the quantities of these names, by name; MixBenchError for one that a kind of experiment does not have."""
    found = {each.name: each for each in known}
    if lacking := [name for name in names if name not in found]:
        raise unknown("quantity", lacking[0], found, f"this kind of experiment has {', '.join(found)}")
    return {name: found[name] for name in names}


def reading_of(name: str) -> Reading:
    """Return how records give a quantity; MixBenchError for one that is none."""
    if name == MEDIAN.quantity.name:
        return MEDIAN
    if name not in BY_NAME:
        raise unknown("quantity", name, [*BY_NAME, MEDIAN.quantity.name], "'mixbench list measures' shows them")
    measure = BY_NAME[name]
    allowed, relative = (measure.tolerance.allowed, measure.tolerance.relative) if measure.tolerance else (0.0, False)
    quantity = Quantity(name, f"{measure.section}: {measure.short}", allowed, measure.unit == "fraction", relative)
    return Reading(quantity, measure, lambda outcomes: _raw(measure, outcomes))


def _raw(measure: Measure, outcomes: Sequence[Outcomes]) -> Table | None:
    """Contributions by seed and example in the measure's own sign."""
    table = contributions(measure, outcomes)
    if table is None or measure.direction is not Direction.ZERO:
        return table
    # That table turns its sign so that a row's mean is positive.
    return np.stack([value for one in outcomes if measure.each and (value := measure.each(one)) is not None])


def _median_of_last(outcomes: Sequence[Outcomes]) -> Table | None:
    if any("model.test_error" not in one for one in outcomes):
        return None
    return np.array([[np.median(one["model.test_error"][-LAST_EPOCHS:])] for one in outcomes])


MEDIAN = Reading(
    Quantity("clean.test_error_median10", f"test error, median of the last {LAST_EPOCHS} epochs", 0.01),
    BY_NAME["clean.top1_error"],
    _median_of_last,
)
"""How the mixup paper reads its CIFAR trainings (table 5)."""
