"""What a rerun says of records, for people."""

from __future__ import annotations

from collections.abc import Sequence

from mixbench.report.grid import Column, Grid
from mixbench.submission.reproduction import Means, Reproduction, sign_test


def rerun_table(title: str, compared: Reproduction) -> Grid:
    """Draw the readings that came out otherwise."""
    table = _table(title, "record", "rerun", "difference")
    for each in compared.differences:
        table.add(each.measure, *(f"{value:.5g}" for value in (each.record, each.again, each.again - each.record)))
    if not compared.differences:
        table.add(f"all {len(compared.values)} readings", *["the same"] * 2, "0")
    return table


def rerun_lines(compared: Reproduction) -> list[str]:
    """Say what was compared, and what follows from it."""
    others = len(compared.other_arrays)
    bits = f"{others} of {compared.arrays} arrays of outcomes differ" if others else "Every outcome is the same bit"
    lines = [f"{bits}." if others else f"{bits} for bit."]
    if not compared.machines:
        return [*lines, "Device, CPU model, Python and packages are those of the record: other bits speak against it."]
    lines.append(f"Not the record's machine: {', '.join(compared.machines)}. What counts is the rerun.")
    if compared.differences:
        signs = sign_test(compared.differences)
        lines.append(
            f"The record is better in {signs.better} and worse in {signs.worse} of the measures that differ (sign test:"
            f" p {signs.p:.2g}; measures of one model are not independent)."
        )
    return lines


def means_table(means: Sequence[Means], seeds: int) -> Grid:
    """Draw the means over a row's seeds that came out otherwise."""
    table = _table(f"means over {seeds} seeds, paired t-test", "records", "reruns", "p")
    for each in means:
        table.add(each.measure, f"{each.record:.5g}", f"{each.again:.5g}", f"{each.p:.2g}")
    return table


def _table(title: str, *columns: str) -> Grid:
    return Grid([Column("measure"), *(Column(name, right=True) for name in columns)], title)
