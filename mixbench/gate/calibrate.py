"""Making a suite's calibration from the trainings of a board or a runs folder."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtri

from mixbench.compare import Components, board_prior, components
from mixbench.gate.calibration import ENOUGH, Calibration, Noise, rounded_up
from mixbench.gate.evidence import Evidence, check_same_examples, evidence_of
from mixbench.gate.matching import method_of, title
from mixbench.gate.tolerances import GATED, tolerance_of
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME
from mixbench.spec.errors import MixBenchError

WIDE = 4.2
"""Standard deviations of a difference of three trainings against three that a tolerance has at least.

With known variances and ten measures nothing that is only chance stays undecided then, and twice as much is found.
"""

MISSED = 0.004
"""How often a single measure may stay undecided by chance, which classes share among them."""

Methods = dict[str, list[Found]]


def calibrations(records: Sequence[Found], most_seeds: int | None = None) -> list[Calibration]:
    """Return a calibration for each suite and backbone of which some method has two trainings or more.

    `most_seeds` takes the first so many seeds of each method. MixBenchError where there is none, or where records lack
    their outcomes or contradict them.
    """
    made = [_calibrate(methods) for methods in _groups(records, most_seeds) if methods]
    if not made:
        raise MixBenchError("--calibrate: needed two trainings or more of a method, got one each; measure more seeds")
    return made


def training_of(found: Found) -> str:
    """Return how the digest of a record's training begins; the record's own where it was trained elsewhere."""
    return found.record.trainings.get("model", found.record.digest)[:16]


def _groups(records: Sequence[Found], most: int | None) -> list[Methods]:
    groups: dict[tuple[str, str], dict[str, dict[int, Found]]] = defaultdict(lambda: defaultdict(dict))
    for found in records:
        record = found.record
        if record.seed is not None:
            groups[record.suite_digest, record.backbone][method_of(record)][record.seed] = found
    return [
        {
            method: [seeds[seed] for seed in sorted(seeds)[:most]]
            for method, seeds in sorted(methods.items())
            if len(seeds) > 1
        }
        for methods in groups.values()
    ]


def _calibrate(methods: Methods) -> Calibration:
    evidence = {method: [_needed(found) for found in side] for method, side in methods.items()}
    first = next(iter(methods.values()))[0]
    for method, side in methods.items():
        for found, each in zip(side, evidence[method], strict=True):
            check_same_examples(first, found, next(iter(evidence.values()))[0], each)
    tables = {name: table for name in GATED if (table := _table(name, evidence))}
    panel = {name: _panel(rows, methods) for name, rows in tables.items()}
    alike = [each for each in panel.values() if each]
    prior = board_prior(alike) if alike else 0.0
    labels = next(iter(evidence.values()))[0].basis["labels"]
    everything = [found for side in methods.values() for found in side]
    return Calibration(
        suite=first.record.suite,
        suite_digest=first.record.suite_digest,
        backbone=first.record.backbone,
        prior=None if math.isinf(prior) else round(prior, 3),
        seeds={method: len(side) for method, side in methods.items()},
        trainings=sorted(training_of(found) for found in everything),
        measures={
            name: noise_of(
                table, tolerance_of(name).allowed, panel[name] is not None, labels if BY_NAME[name].by_class else None
            )
            for name, table in tables.items()
        },
    )


def _needed(found: Found) -> Evidence:
    if (each := evidence_of(found)) is None:
        raise MixBenchError(f"--calibrate: needed the outcomes of {title(found.record)}; keep the .npz with it")
    return each


def _table(name: str, evidence: Mapping[str, Sequence[Evidence]]) -> dict[str, np.ndarray]:
    """What examples contribute (S, N) by method, as shares of the method's mean where the tolerance is one."""
    tables = {}
    for method, side in evidence.items():
        values = [each.contributions.get(name) for each in side]
        if any(each is None for each in values):
            continue
        table = np.stack([np.asarray(each, dtype=np.float64) for each in values])
        mean = abs(float(table.mean()))
        if not tolerance_of(name).relative or mean:
            tables[method] = table / mean if tolerance_of(name).relative else table
    return tables


def _panel(rows: Mapping[str, np.ndarray], methods: Methods) -> Components | None:
    """The components of the methods that have seeds from 0 on; None of fewer than two."""
    whole = [rows[method] for method in rows if [f.record.seed for f in methods[method]] == [*range(len(rows[method]))]]
    return components(whole) if len(whole) > 1 and len(whole) == len(rows) else None


def noise_of(
    rows: Mapping[str, np.ndarray], own: float, paneled: bool = True, labels: np.ndarray | None = None
) -> Noise:
    """Return what trainings' chance does to what examples contribute (S, N) by method, two seeds or more each.

    `own` is the measure's own tolerance. Where rows are not `paneled`, of the same seeds from 0 on, what a seed does to
    all alike is not told from the rest. With `labels` (N,) one number for all classes: of the one that chance moves
    most.
    """
    if labels is None:
        same, other, rest, freedom, methods = _parts(rows, paneled)
        wide = WIDE
    else:
        classes = np.unique(labels)
        parts = [_parts({m: table[:, labels == each] for m, table in rows.items()}, paneled) for each in classes]
        same, other, rest, freedom, _ = max(parts, key=lambda part: part[1])
        methods, wide = {}, WIDE + float(ndtri(1 - MISSED / len(classes)) - ndtri(1 - MISSED))
    return Noise(
        same=_digits(math.sqrt(same)),
        other=_digits(math.sqrt(max(same, other))),
        rest=_digits(math.sqrt(rest)),
        freedom=_digits(freedom),
        tolerance=max(own, rounded_up(wide * math.sqrt(2 * max(same, other) / ENOUGH))),
        methods={method: (_digits(math.sqrt(a)), _digits(math.sqrt(b))) for method, (a, b) in methods.items()},
    )


Parts = tuple[float, float, float, float, dict[str, tuple[float, float]]]


def _parts(rows: Mapping[str, np.ndarray], paneled: bool) -> Parts:
    """Variances of one training's mean for equal and different seeds, an example's own, freedom, and by method."""
    within = {method: float(table.mean(axis=1).var(ddof=1)) for method, table in rows.items()}
    counts = {method: len(table) - 1 for method, table in rows.items()}
    freedom = sum(counts.values())
    other = sum(within[method] * counts[method] for method in rows) / freedom
    rest = sum(float(table.var(axis=0, ddof=1).mean()) * counts[method] for method, table in rows.items()) / freedom
    if not paneled:
        return other, other, rest, float(freedom), {method: (each, each) for method, each in within.items()}
    panel = components(list(rows.values()))
    own = dict(zip(rows, (panel.seed_own / panel.examples).tolist(), strict=True))
    each = {method: (own[method], within[method]) for method in rows}
    return panel.seed / panel.examples, other, rest, panel.freedom, each


def _digits(value: float) -> float:
    return float(f"{value:.3g}")
