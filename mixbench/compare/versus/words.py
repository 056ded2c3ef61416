"""What is said of entries: numbers, verdicts, and one sentence a pair."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mixbench.compare.pair import Pair, Verdict
from mixbench.compare.versus.entries import Entry
from mixbench.report.numbers import number
from mixbench.results.measure import Measure

MOST_NAMED = 4


def amount(measure: Measure, value: float | None, sign: str = "") -> str:
    """Write a value of a measure: percent for fractions; nothing for None."""
    return "" if value is None else number(measure, value, sign)


def unit(measure: Measure) -> str:
    """Return what a difference of a measure is counted in."""
    return "points" if measure.unit == "fraction" else measure.unit


def interval(entry: Entry) -> str:
    """Write the difference's 95 % interval; nothing where there is none."""
    low, high = entry.pair.low, entry.pair.high
    if low is None or high is None or math.isinf(low):
        return ""
    return f"[{amount(entry.measure, low)}, {amount(entry.measure, high)}]"


def p_value(pair: Pair) -> str:
    """Write the p that decides: Holm's in the headline measures."""
    p = pair.p if pair.p_holm is None else pair.p_holm
    return "" if p is None else "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def verdict(pair: Pair) -> str:
    """Write the verdict with how many more seeds would decide."""
    if pair.verdict is not Verdict.UNDECIDED:
        return pair.verdict.value
    return f"{pair.verdict.value} {'∞' if pair.more_seeds is None else f'+{pair.more_seeds}'}"


def seeds_wanted(pair: Pair) -> str:
    """Say what would decide a pair that is undecided."""
    if pair.more_seeds is None:
        return "no number of seeds would decide"
    return f"{pair.more_seeds} more seed{'s' if pair.more_seeds != 1 else ''} would decide"


def sentence(entries: Sequence[Entry]) -> str:
    """Sum the headline measures of one pair up."""
    first, headline = entries[0], [entry for entry in entries if entry.headline]
    parts = [
        f"{word} in {len(found)} ({_named(found)})"
        for word in ("better", "worse", "same", "undecided")
        if (found := [entry for entry in headline if entry.pair.verdict.value == word])
    ]
    where = f"{first.pair.seeds} common seed{'s' if first.pair.seeds != 1 else ''}"
    told = ", ".join(parts) or "no headline measure in common"
    return f"{first.a.label} against {first.b.label}, {where}: {told}{_what_would(headline)}."


def _named(entries: Sequence[Entry]) -> str:
    names = [entry.measure.name for entry in entries]
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _what_would(headline: Iterable[Entry]) -> str:
    wanted = [entry.pair.more_seeds for entry in headline if entry.pair.verdict is Verdict.UNDECIDED]
    if not wanted:
        return ""
    seeds = sorted(each for each in wanted if each is not None)
    if not seeds:
        return "; no number of seeds would decide" + (" any" if len(wanted) > 1 else " it")
    less = f"{seeds[0]} more would decide the first" if len(wanted) > 1 else f"{seeds[0]} more would decide it"
    whole = f", {seeds[-1]} all" if len(seeds) == len(wanted) > 1 else ""
    none = f", no number would decide {len(wanted) - len(seeds)}" if len(seeds) < len(wanted) else ""
    return f"; {less}{whole}{none}"


LEGEND = (
    "Differences a − b over common seeds and examples, errors and shares in percent; in brackets 95 %; p by t on"
    " seeds, Holm over the headline measures, others unadjusted and exploratory. Same: surely within the measure's"
    " tolerance. +N: so many more seeds would decide, ∞: no number would."
)
