"""The table of one method's robustness, beside ERM's."""

from __future__ import annotations

from collections.abc import Sequence

from mixbench.augment.build import brief
from mixbench.report.beside import paired, seeds_in_words
from mixbench.report.grid import Cell, Column, Grid
from mixbench.report.numbers import eps_text, number, with_interval
from mixbench.results.aggregate import FEWEST_SEEDS, over_seeds
from mixbench.results.attacks import CORE
from mixbench.results.measures import MEASURES, Direction, Measure
from mixbench.results.record import Record

SIGNS = {Direction.LOWER: "↓", Direction.ZERO: "→0", Direction.CEILING: "↑ceiling", Direction.FLAG: ""}
_WIDEST_HEAD = 20


def robustness_table(records: Sequence[Record], erm: Sequence[Record], every: bool = False) -> Grid:
    """Draw one method (one record a seed) with error bars, beside ERM where there is one.

    Headline measures and those of optional groups, or every one.
    """
    columns = [Column("measure"), Column(_head(records), right=True)]
    columns += [Column("erm", right=True), Column("minus erm", right=True)] if erm else []
    columns += [Column("better", drop=1), Column("name", drop=2)]
    table = Grid(columns, _title(records, erm), _notes(records, erm, every))
    section = ""
    for measure in shown_measures(records, every):
        if every and measure.section != section:
            section = measure.section
            table.heading(section)
        label = measure.short if every else f"{measure.section}: {measure.short}"
        table.add(label, *_cells(measure, records, erm), _sign(measure, records), measure.name)
    return table


def shown_measures(records: Sequence[Record], every: bool) -> list[Measure]:
    """Return the measures that a table of records has rows for."""
    return [
        measure
        for measure in MEASURES
        if (every or measure.at_first or measure.group != CORE) and over_seeds(records, measure.name)
    ]


def explanation(records: Sequence[Record], erm: Sequence[Record], every: bool = False) -> list[str]:
    """Say what the numbers of the table mean, a line each."""
    first = records[0]
    lines = [
        "Errors, shares and ECE in percent. In brackets 95 %: of one training over test examples (Wilson's or a"
        f" bootstrap's), from {FEWEST_SEEDS} seeds on over training seeds (Student-t).",
        f"Attacks move each pixel by at most ε {eps_text(first.settings['eps'])}, of pixels in [0, 1].",
    ]
    if erm:
        lines.append("The last number is the method's value minus ERM's; it is no test of whether they differ.")
    for name, shares in first.label_noise.items():
        redrawn, wrong = shares["share_selected"], shares["share_wrong"]
        lines.append(f"{name}: {redrawn:.1%} of the labels redrawn, {wrong:.1%} wrong.")
    for measure in shown_measures(records, every):
        direction = _sign(measure, records) or measure.direction.value
        lines.append(f"{measure.section}, {measure.short} ({measure.name}, {direction}): {measure.meaning}.")
    return lines


def _head(records: Sequence[Record]) -> str:
    name = brief(records[0].augmentation)
    return name if len(name) <= _WIDEST_HEAD else "this"


def _cells(measure: Measure, records: Sequence[Record], erm: Sequence[Record]) -> list[Cell]:
    reading, baseline = over_seeds(records, measure.name), over_seeds(erm, measure.name)
    assert reading is not None
    cells: list[Cell] = [with_interval(measure, reading)]
    if erm and baseline:
        cells += [with_interval(measure, baseline), number(measure, reading.value - baseline.value, "+")]
    return cells + [""] * (3 - len(cells)) if erm else cells


def _sign(measure: Measure, records: Sequence[Record]) -> str:
    noise = records[0].label_noise.get(measure.name.split(".")[0])
    if measure.direction is Direction.CEILING and noise:
        return f"↑{noise['ceiling']:.0%} at best"
    return SIGNS[measure.direction]


def _title(records: Sequence[Record], erm: Sequence[Record]) -> str:
    first, seeds = records[0], seeds_in_words(records)
    named = f"{first.name} ({first.augmentation})" if first.name else first.augmentation
    where = f"suite {first.suite}, backbone {first.backbone}, ε {eps_text(first.settings['eps'])}"
    lines = [named, f"{where}, {seeds}" if seeds else where]
    if erm:
        how = "paired by seed" if paired(records, erm) else "not paired by seed"
        lines.append(f"beside erm, {seeds_in_words(erm)}, {how}")
    return "\n".join(lines)


def _notes(records: Sequence[Record], erm: Sequence[Record], every: bool) -> list[str]:
    counts = [len(side) for side in (records, erm) if side]
    over = "seeds" if max(counts) >= FEWEST_SEEDS else "examples" if 1 in counts else ""
    interval = f", [95 % over {over}]" if over else f"; intervals need {FEWEST_SEEDS} seeds, or one"
    test = "; minus erm is no test" if erm else ""
    return [f"Percent{interval}{test}. More: {'' if every else '--all, '}--explain."]
