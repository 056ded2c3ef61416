"""What a rerun says of a record, for people."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from mixbench.submission.reproduction import ERRORS, Comparison


def rerun_table(title: str, compared: Comparison) -> Table:
    """Draw the readings that came out otherwise, each with its tolerance."""
    table = Table(title=escape(title), title_justify="left")
    table.add_column("measure", no_wrap=True)
    for name in ("record", "rerun", "difference", "tolerance", ""):
        table.add_column(name, justify="right")
    for each in compared.differences:
        numbers = (f"{value:.5g}" for value in (each.record, each.again, each.again - each.record, each.tolerance))
        table.add_row(each.measure, *numbers, "within" if each.within else "[red]beyond[/red]")
    if not compared.differences:
        table.add_row(f"all {compared.readings} readings", *["the same"] * 2, "0", "", "same")
    return table


def rerun_lines(compared: Comparison) -> list[str]:
    """Say what was compared, and by which tolerance."""
    bits = "is the same bit for bit" if compared.same_outcomes else "is not the same bit for bit"
    others = ", ".join(compared.machines)
    spread = (
        f"the spread over seeds of the board's {compared.rows} other rows"
        if compared.rows
        else "no spread over seeds known"
    )
    return [
        f"All {compared.readings} readings of model, surrogate and label-noise trainings were made anew;",
        f"every per-example outcome and epoch {bits}.",
        f"Other machine: {others}." if others else "Device, Python and packages are those of the record.",
        f"Tolerance: {ERRORS} combined standard errors, from both records' intervals and {spread}.",
    ]
