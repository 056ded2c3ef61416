"""The cells of a paper's table: what was measured beside what was printed."""

from __future__ import annotations

from dataclasses import dataclass

from mixbench.papers.bench import Measured
from mixbench.papers.experiment import Experiment, Row
from mixbench.papers.quantity import Quantity, Table
from mixbench.papers.settings import Place

NONE = "-"


@dataclass(frozen=True)
class Cell:
    """A row's quantity in one place: mean and standard deviation over seeds, None where there is none.

    `spec` is the one of the row's that it is of; `published` is as printed, None where the paper has none.
    """

    quantity: str
    mean: float | None
    deviation: float | None
    spec: str
    published: str | None


def cells_of(experiment: Experiment, place: Place, measured: Measured, row: Row) -> list[Cell]:
    """Return a row's cells, a quantity each, all of one spec: of several the one with the least first quantity."""
    names = experiment.quantities_of(place.setting)
    printed = _printed(place, row) or [NONE] * len(names)
    spec = _chosen(measured, row, names[0])
    return [_cell(measured, spec, name, number) for name, number in zip(names, printed, strict=True)]


def _printed(place: Place, row: Row) -> list[str] | None:
    """Of settings that were made the same, the first with numbers of the row."""
    return next((each.published[row.label] for each in place.settings if row.label in each.published), None)


def _chosen(measured: Measured, row: Row, name: str) -> str:
    means = {
        spec: float(table.mean()) for spec in row.specs if (table := measured.tables.get((spec, name))) is not None
    }
    return min(means, key=lambda spec: means[spec]) if means else row.specs[0]


def _cell(measured: Measured, spec: str, name: str, number: str) -> Cell:
    table = measured.tables.get((spec, name))
    return Cell(name, _mean(table), _deviation(table), spec, None if number == NONE else number)


def _mean(table: Table | None) -> float | None:
    return None if table is None else float(table.mean())


def _deviation(table: Table | None) -> float | None:
    return None if table is None or len(table) < 2 else float(table.mean(axis=1).std(ddof=1))


def measured_text(cell: Cell, quantity: Quantity | None) -> str:
    """Write what was measured, mean ± standard deviation over seeds, to as many digits as the paper printed."""
    if cell.mean is None or quantity is None:
        return "–"
    digits = len((cell.published or "").partition(".")[2])
    spread = "" if cell.deviation is None else f" ± {value(cell.deviation, quantity, digits=digits)}"
    return f"{value(cell.mean, quantity, digits=digits)}{spread}"


def value(number: float, quantity: Quantity, sign: str = "", digits: int = 0) -> str:
    """Write a number of a quantity, percent for fractions, to a digit after the point or more."""
    scaled = 100 * number if quantity.fraction else number
    digits = max(digits, 1 if quantity.fraction or abs(scaled) >= 10 else 2)
    return f"{round(scaled, digits) + 0.0:{sign}.{digits}f}"


def published_text(cell: Cell) -> str:
    """Write what the paper has."""
    return cell.published or "–"
