"""Curves of records, as plain numbers for whoever draws them: one panel a quantity, one line a row of seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mixbench.augment.build import brief
from mixbench.results.found import Found
from mixbench.results.record import EXTERNAL, Record, load_record
from mixbench.show.quantities import FEWEST, WHAT, Axes, Curves, Line, with_band
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain, shown


@dataclass(frozen=True)
class Panel:
    """One quantity: its axes and a line a row."""

    axes: Axes
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Chart:
    """Panels under a title, with a note that says what lines and bands are."""

    title: str
    note: str
    panels: tuple[Panel, ...]
    labels: tuple[str, ...]


def read_chart(paths: Sequence[Path], what: str) -> Chart:
    """Read records and return their chart of one of WHAT; seeds of one method become one line.

    MixBenchError for no records, one that cannot be read, and one that lacks what is asked for.
    """
    if what not in WHAT:
        raise unknown("curve", what, WHAT, f"--what needs one of {', '.join(WHAT)}")
    if not paths:
        raise MixBenchError("plot: needed a record's .json file, got none; 'mixbench eval' writes one")
    found = {record.digest: Found(path, record) for path in paths for record in [load_record(path)]}
    rows = _rows(list(found.values()))
    drawn = {label: [_curves(each, what) for each in row] for label, row in rows.items()}
    names = dict.fromkeys(axes for each in drawn.values() for curves in each for axes in curves)
    lines = {
        axes: tuple(
            _over_seeds(axes, label, [curves[axes] for curves in each if axes in curves])
            for label, each in drawn.items()
            if any(axes in curves for curves in each)
        )
        for axes in names
    }
    return Chart(
        _title([each.record for each in found.values()]),
        _note([len(row) for row in rows.values()], list(names)),
        tuple(Panel(axes, each) for axes, each in lines.items()),
        tuple(rows),
    )


def _rows(found: Sequence[Found]) -> dict[str, list[Found]]:
    """Records by the label of their row; labels say as much as it takes to tell the rows apart."""
    keys = dict.fromkeys(_key(each.record) for each in found)
    firsts = [next(each.record for each in found if _key(each.record) == key) for key in keys]
    labels = _labels(firsts)
    return {
        label: [each for each in found if _key(each.record) == key] for key, label in zip(keys, labels, strict=True)
    }


def _key(record: Record) -> tuple[object, ...]:
    versions = tuple(sorted((name, str(version)) for name, version in record.method_versions.items()))
    alone = record.digest if record.augmentation == EXTERNAL and record.seed is None else ""
    return record.suite_digest, record.backbone, record.augmentation, versions, record.name, alone


def _labels(firsts: Sequence[Record]) -> list[str]:
    parts: list[Callable[[Record], str]] = [
        lambda record: record.name or brief(record.augmentation),
        lambda record: record.suite,
        lambda record: record.backbone,
        lambda record: record.augmentation,
        lambda record: " ".join(f"{name} v{version}"[:40] for name, version in record.method_versions.items()),
        lambda record: record.digest[:8],
    ]
    labels = [plain(parts[0](record)) for record in firsts]
    for part in parts[1:]:
        more = [plain(part(record)) for record in firsts]
        if (len(set(labels)) < len(firsts) and len(set(more)) > 1) or (part in parts[1:3] and len(set(more)) > 1):
            labels = [f"{label}, {each}" for label, each in zip(labels, more, strict=True)]
    return labels


def _title(records: Sequence[Record]) -> str:
    suites, backbones = (dict.fromkeys(each) for each in zip(*((r.suite, r.backbone) for r in records), strict=True))
    return plain(f"{', '.join(suites)} · {', '.join(backbones)}")


def _note(seeds: Sequence[int], drawn: Sequence[Axes]) -> str:
    several = sorted({count for count in seeds if count > 1})
    counts = "" if not several else f"{several[0]}" if len(several) == 1 else f"{several[0]} to {several[-1]}"
    bands = _pooled(counts) if any(axes.pooled for axes in drawn) else _averaged(counts, 1 in seeds)
    return " ".join([bands, *(f"Dotted: {axes.dotted}." for axes in drawn if axes.dotted)])


def _pooled(counts: str) -> str:
    over = f", those of {counts} seeds together" if counts else ""
    return f"15 bins of confidence{over}; bands: 95 % over images; bins of fewer than {FEWEST} images left out."


def _averaged(counts: str, single: bool) -> str:
    if not counts:
        return "Bands: 95 % over examples."
    means = f"Means over {counts} seeds, bands from the lowest to the highest seed."
    return f"{means} Of one seed: 95 % over examples." if single else means


def _curves(found: Found, what: str) -> Curves:
    if curves := WHAT[what].read(found):
        return curves
    others = [name for name, kind in WHAT.items() if name != what and name != "reliability" and kind.read(found)]
    raise MixBenchError(
        f"plot: needed {WHAT[what].needs} for --what {what}, got none in {shown(found.path)}; leave that record out, or"
        f" ask for --what {' or '.join([*others, 'reliability'])}"
    )


def _over_seeds(axes: Axes, label: str, lines: Sequence[Line]) -> Line:
    """One seed's line with its band, the mean of several with their range, or the pooled examples of all."""
    first = replace(lines[0], label=label)
    if any(len(line.x) != len(first.x) or not np.allclose(line.x, first.x) for line in lines):
        raise MixBenchError(f"plot: needed seeds of {label} at the same places, got others; give one record of it")
    values = np.array([line.y for line in lines])
    if axes.pooled:
        counts = np.array([line.n for line in lines])
        total = counts.sum(axis=0)
        return with_band(replace(first, y=(values * counts).sum(axis=0) / np.maximum(total, 1), n=total))
    if len(lines) == 1:
        return first
    return Line(label, first.x, values.mean(axis=0), values.min(axis=0), values.max(axis=0))
