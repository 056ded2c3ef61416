"""The table of one method's robustness, beside ERM's."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from mixbench.augment.build import brief
from mixbench.results.aggregate import FEWEST_SEEDS, over_seeds
from mixbench.results.measures import MEASURES, Direction, Measure
from mixbench.results.readings import Reading
from mixbench.results.record import Record

_SIGNS = {Direction.LOWER: "↓", Direction.ZERO: "→0", Direction.CEILING: "↑ceiling", Direction.FLAG: ""}


def robustness_table(records: Sequence[Record], erm: Sequence[Record]) -> Table:
    """Draw every measure of one method (one record a seed) with its error bar, beside ERM's where there is one."""
    first = records[0]
    table = Table(title=_title(first, records), caption=_caption(records, erm), title_justify="left")
    table.add_column("measure", no_wrap=True)
    table.add_column("better")
    table.add_column(escape(brief(first.augmentation)), justify="right")
    if erm:
        table.add_column("erm", justify="right")
        table.add_column("difference", justify="right")
    group = None
    for measure in MEASURES:
        reading = over_seeds(records, measure.name)
        if reading is None:
            continue
        if group not in (None, _group(measure)):
            table.add_section()
        group = _group(measure)
        table.add_row(
            measure.name,
            _sign(measure, records),
            *_cells(measure, reading, over_seeds(erm, measure.name), erm),
        )
    return table


def _group(measure: Measure) -> str:
    first = measure.name.split(".")[0]
    return "attacks" if first in ("fgsm", "ifgsm") else first


def _cells(measure: Measure, reading: Reading, baseline: Reading | None, erm: Sequence[Record]) -> list[str]:
    cells = [format_reading(measure, reading)]
    if erm and baseline:
        cells += [format_reading(measure, baseline), _difference(measure, reading, baseline)]
    return cells


def format_reading(measure: Measure, reading: Reading) -> str:
    """Write a reading as people read it: percent for fractions, its 95 % interval in brackets."""
    scale, digits = (100, 1) if measure.unit == "fraction" else (1, 3)
    text = f"{reading.value * scale:.{digits}f}"
    if reading.low is None or reading.high is None:
        return f"{text} {'':>{2 * digits + 11 if scale == 1 else 13}}"
    return f"{text} {f'[{reading.low * scale:.{digits}f}, {reading.high * scale:.{digits}f}]':>13}"


def _difference(measure: Measure, reading: Reading, baseline: Reading) -> str:
    scale, digits = (100, 1) if measure.unit == "fraction" else (1, 3)
    return f"{(reading.value - baseline.value) * scale:+.{digits}f}"


def _sign(measure: Measure, records: Sequence[Record]) -> str:
    noise = records[0].label_noise.get(measure.name.split(".")[0])
    if measure.direction is Direction.CEILING and noise:
        return f"↑{noise['ceiling']:.0%} at best"
    return _SIGNS[measure.direction]


def _title(record: Record, records: Sequence[Record]) -> str:
    seeds = ", ".join(str(each.seed) for each in records if each.seed is not None)
    where = f"suite {record.suite}, backbone {record.backbone}, ε {record.settings['eps']:g}"
    return escape(f"{record.augmentation}\n{where}{f', seed {seeds}' if seeds else ''}")


def _caption(records: Sequence[Record], erm: Sequence[Record]) -> str:
    bars = "Errors and shares in percent; in brackets 95 %, over test examples for one training"
    if max(len(records), len(erm)) >= FEWEST_SEEDS:
        bars += f", over training seeds (Student-t) from {FEWEST_SEEDS} seeds on"
    if erm:
        bars += "; the difference is no test"
    noise = "; ".join(
        f"{name}: {shares['share_selected']:.1%} of the labels redrawn, {shares['share_wrong']:.1%} wrong"
        for name, shares in records[0].label_noise.items()
    )
    lonely = not erm and records[0].augmentation != "erm"
    parts = [bars, noise, "For ERM beside it: the same command with --aug erm" if lonely else ""]
    return escape(". ".join(part for part in parts if part) + ".")
