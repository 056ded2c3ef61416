"""What the pairs of two methods' records tell, a measure each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from mixbench.compare.contributions import contributions
from mixbench.compare.pair import LEVEL, Pair, Spread, Verdict, adjust, compare_pair
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.panel import Panel
from mixbench.compare.versus.sides import Side
from mixbench.results.array import Outcomes
from mixbench.results.measure import Direction, Measure
from mixbench.results.measures import BY_NAME, HEADLINE, MEASURES
from mixbench.spec.errors import MixBenchError

Table = Float[np.ndarray, "s n"]

COMPARED = tuple(measure.name for measure in MEASURES if measure.direction is not Direction.FLAG)


@dataclass(frozen=True)
class Entry:
    """One measure of a against b: their means over the common seeds, and the pair's difference a - b and verdict."""

    a: Side
    b: Side
    measure: Measure
    values: tuple[float, float]
    pair: Pair

    @property
    def headline(self) -> bool:
        """Whether its p is adjusted together with those of the other headline measures."""
        return self.measure.headline


def compare_sides(a: Side, b: Side, panel: Panel, evidence: Evidence, names: Sequence[str] = COMPARED) -> list[Entry]:
    """Compare two sides over their common seeds in the named measures that both have, the headline ones first.

    MixBenchError where they have no seed in common, or were measured on other examples.
    """
    seeds = common_seeds(a, b)
    left, right = ([evidence.of(side.records[seed]) for seed in seeds] for side in (a, b))
    ordered = [*(name for name in HEADLINE if name in names), *(name for name in names if name not in HEADLINE)]
    entries = [entry for name in ordered if (entry := _entry(a, b, BY_NAME[name], left, right, panel))]
    first = [entry for entry in entries if entry.headline]
    adjusted = adjust([entry.pair for entry in first])
    return [*(replace(entry, pair=pair) for entry, pair in zip(first, adjusted, strict=True)), *entries[len(first) :]]


def common_seeds(a: Side, b: Side) -> list[int | None]:
    """Return the seeds that both have; MixBenchError for none."""
    seeds = [seed for seed in a.records if seed in b.records]
    if not seeds:
        raise MixBenchError(
            f"compare: needed seeds that both have, got {_seeds(a)} of {a.label} and {_seeds(b)} of {b.label};"
            " measure one more of either; weights from elsewhere get theirs by eval --seed or save(…, seed=)"
        )
    return seeds


def _seeds(side: Side) -> str:
    return ", ".join("none" if seed is None else str(seed) for seed in side.records)


def _entry(
    a: Side, b: Side, measure: Measure, left: Sequence[Outcomes], right: Sequence[Outcomes], panel: Panel
) -> Entry | None:
    tables = tables_of(measure, left, right)
    if tables is None:
        return None
    values = float(tables[0].mean()), float(tables[1].mean())
    return Entry(a, b, measure, values, pair_of(measure, *tables, panel.spread(measure.name, tables[0].shape[1])))


def pair_of(measure: Measure, a: Table, b: Table, spread: Spread) -> Pair:
    """Compare what examples contribute (S, N) to any measure under two methods, on the same seeds and examples.

    Of a measure that is best at 0 distances from it are compared, and told apart only where both rows are surely on one
    side of it; of one that is best at its ceiling more is better.
    """
    tolerance = tolerance_of(measure, float(a.mean()), float(b.mean()))
    if measure.direction is Direction.CEILING:
        return _turned(compare_pair(-a, -b, tolerance, spread))
    if measure.direction is Direction.ZERO:
        a, b = (-each if each.mean() < 0 else each for each in (a, b))
        return _beside_zero(compare_pair(a, b, tolerance, spread), a, b)
    return compare_pair(a, b, tolerance, spread)


def tables_of(measure: Measure, left: Sequence[Outcomes], right: Sequence[Outcomes]) -> tuple[Table, Table] | None:
    """Return both sides' contributions (S, N) to a measure; None where one lacks it or they are of other examples."""
    with np.errstate(all="ignore"):
        a, b = contributions(measure, left), contributions(measure, right)
    if a is None or b is None or a.shape != b.shape or not a.size or not np.isfinite([a, b]).all():
        return None
    return a, b


def tolerance_of(measure: Measure, *means: float) -> float:
    """Return the difference that counts as none; 0 for a measure without.

    A share is one of the smallest mean, so that two methods are the same whichever comes first.
    """
    if measure.tolerance is None:
        return 0.0
    return measure.tolerance.allowed * (min(map(abs, means)) if measure.tolerance.relative else 1.0)


def _turned(pair: Pair) -> Pair:
    low, high = (None if end is None else -end for end in (pair.high, pair.low))
    return replace(pair, difference=-pair.difference, low=low, high=high)


def _beside_zero(pair: Pair, a: Table, b: Table) -> Pair:
    if pair.verdict is Verdict.UNDECIDED:
        return pair
    wanted = [_side_of_zero(each) for each in (a, b)]
    if not any(each != 0 for each in wanted):
        return pair
    return replace(
        pair, verdict=Verdict.UNDECIDED, more_seeds=None if None in wanted else max(each or 0 for each in wanted)
    )


def _side_of_zero(table: Table) -> int | None:
    """How many more seeds a row needs to be surely on one side of 0, where a measure is best: distances need that."""
    own = compare_pair(table, np.zeros_like(table), 0.0)
    return 0 if own.p is not None and own.p < LEVEL else own.more_seeds


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return an entry as data."""
    pair = entry.pair
    return {
        "a": entry.a.name,
        "b": entry.b.name,
        "measure": entry.measure.name,
        "difference": pair.difference,
        "low": pair.low,
        "high": pair.high,
        "p": pair.p,
        "p_holm": pair.p_holm,
        "verdict": pair.verdict.value,
        "more_seeds": pair.more_seeds,
        "headline": entry.headline,
    }


def by_pair(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return entries by the two sides that they are of, in their order."""
    pairs: Mapping[tuple[int, int], list[Entry]] = {}
    for entry in entries:
        pairs.setdefault((id(entry.a), id(entry.b)), []).append(entry)
    return list(pairs.values())
