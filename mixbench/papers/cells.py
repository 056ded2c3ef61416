"""The cells of a paper's table: what was measured beside what was printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixbench.papers.bench import Measured
from mixbench.papers.experiment import Experiment, Row
from mixbench.papers.quantity import Quantity, Table


@dataclass(frozen=True)
class Cell:
    """A row's quantity in one place: mean and standard deviation over seeds, None where there is none.

    `spec` is the one of the row's that it is of; `published` is as printed, in percent.
    """

    quantity: str
    mean: float | None
    deviation: float | None
    spec: str
    published: float | None


def cells_of(experiment: Experiment, measured: Measured, row: Row) -> list[Cell]:
    """Return a row's cells, a quantity each; of several specs the one with the least mean of that quantity."""
    names = experiment.quantities_of(measured.setting)
    printed = measured.setting.published.get(row.label) or ["-"] * len(names)
    return [_cell(measured, row, name, number) for name, number in zip(names, printed, strict=True)]


def _cell(measured: Measured, row: Row, name: str, printed: float | str) -> Cell:
    tables = {spec: table for spec in row.specs if (table := measured.tables.get((spec, name))) is not None}
    spec = min(tables, key=lambda each: float(tables[each].mean())) if tables else row.specs[0]
    table = tables.get(spec)
    published = None if isinstance(printed, str) else printed
    return Cell(name, _mean(table), _deviation(table), spec, published)


def _mean(table: Table | None) -> float | None:
    return None if table is None else float(table.mean())


def _deviation(table: Table | None) -> float | None:
    return None if table is None or len(table) < 2 else float(table.mean(axis=1).std(ddof=1))


def here(cell: Cell, quantity: Quantity | None) -> str:
    """Write what was measured: mean ± standard deviation over seeds."""
    if cell.mean is None or quantity is None:
        return "–"
    spread = "" if cell.deviation is None else f" ± {value(cell.deviation, quantity)}"
    return f"{value(cell.mean, quantity)}{spread}"


def value(number: float, quantity: Quantity, sign: str = "") -> str:
    """Write a number of a quantity, percent for fractions."""
    scaled = 100 * number if quantity.fraction else number
    digits = 1 if quantity.fraction or abs(scaled) >= 10 else 2
    return f"{round(scaled, digits) + 0.0:{sign}.{digits}f}"


def printed(cell: Cell) -> str:
    """Write what the paper has."""
    return "–" if cell.published is None else f"{cell.published:g}"


def labels_of(experiment: Experiment, measured: Sequence[Measured]) -> list[str]:
    """Return the heads of an experiment's quantities: its own, else what the quantities are called."""
    known = {name: each.label for one in measured for name, each in one.quantities.items()}
    return experiment.heads or [known.get(name, name) for name in experiment.quantities]
