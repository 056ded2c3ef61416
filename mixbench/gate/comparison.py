"""One measure of a candidate against its baseline: the test that the records allow, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from scipy.special import stdtr

from mixbench.gate.evidence import Evidence, check_counts, check_same_examples, evidence_of
from mixbench.gate.matching import Match
from mixbench.gate.paired import Contrast, mcnemar_worse, paired_t, welch
from mixbench.gate.tolerances import GATED, tolerance_of
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, MEASURES, Direction
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

SEEDS_AGREE = {2: 0.15, 3: 0.1}
"""One-sided p over matched seeds, by their number, from which they do not agree; 0.05 from 4 seeds on.

So one bad training alone fails nothing. With so few seeds a stricter level would let true regressions pass.
"""

EXAMPLES, SEEDS = "examples", "seeds"
FEWEST_EXAMPLES = 2
FEWEST_SEEDS = 2
LARGEST = 1e9
"""Of a measure that has no bound: nothing measured comes near."""


@dataclass(frozen=True)
class Comparison:
    """Both values (of a measure best at 0: their size) and the test between them, in the measure's unit.

    `over` says what the test goes over, examples or seeds, and `lacks` why there is none; `blind` is how large a
    worsening may not go unseen.
    """

    measure: str
    baseline: float | None
    candidate: float | None
    gated: bool = True
    tolerance: float = 0.0
    blind: float = 0.0
    new: bool = False
    test: Contrast | None = None
    same: bool = False
    seeds_agree: bool = True
    over: str = ""
    lacks: str = ""

    @property
    def difference(self) -> float | None:
        """The candidate's value minus the baseline's; above 0 is worse where the measure is gated."""
        return None if self.baseline is None or self.candidate is None else self.candidate - self.baseline


def compare_row(match: Match, tolerances: Mapping[str, float]) -> list[Comparison]:
    """Compare every measure that either side has, in the table's order.

    Records that belong together are compared over the same examples, averaged over seeds, where their outcomes are
    there; else readings over seeds. MixBenchError where outcomes contradict a record or are of other examples.
    """
    everything = (*match.baseline, *match.candidate)
    there = [each.name for each in MEASURES if any(each.name in found.record.readings for found in everything)]
    if match.paired and _identical(match):
        return [_same(name, match, tolerances) for name in there]
    check_counts(everything, there)
    evidence = _evidence(match)
    return [_compare(name, match, evidence, tolerances) for name in there]


def _identical(match: Match) -> bool:
    """Outcomes of one hash give one set of readings, whether they are at hand or not."""
    return all(
        first.record.outcomes.sha256 == second.record.outcomes.sha256
        and first.record.readings == second.record.readings
        for first, second in zip(match.baseline, match.candidate, strict=True)
    )


def _same(name: str, match: Match, tolerances: Mapping[str, float]) -> Comparison:
    value = _mean(_values(match.baseline, name))
    return Comparison(
        name, value, value, name in GATED, *_limits(name, value or 0.0, tolerances), same=True, over=EXAMPLES
    )


def _limits(name: str, baseline: float, tolerances: Mapping[str, float]) -> tuple[float, float]:
    if name not in GATED:
        return 0.0, 0.0
    allowed, blind = tolerance_of(name).at(baseline)
    return tolerances.get(name, allowed), blind


def _evidence(match: Match) -> list[tuple[Evidence, Evidence]] | None:
    """Check all outcomes that are there, whatever the test; return the pairs that a test over examples needs."""
    before, after = ([evidence_of(found) for found in side] for side in (match.baseline, match.candidate))
    there = [
        (found, each)
        for found, each in zip((*match.baseline, *match.candidate), (*before, *after), strict=True)
        if each is not None
    ]
    for found, each in there[1:]:
        check_same_examples(there[0][0], found, there[0][1], each)
    if not match.paired:
        return None
    pairs = [(first, second) for first, second in zip(before, after, strict=True) if first and second]
    return pairs if len(pairs) == len(before) else None


def _compare(
    name: str,
    match: Match,
    evidence: Sequence[tuple[Evidence, Evidence]] | None,
    tolerances: Mapping[str, float],
) -> Comparison:
    baseline, candidate = _values(match.baseline, name), _values(match.candidate, name)
    if name not in GATED or baseline is None or candidate is None:
        new = all(name not in found.record.readings for found in match.baseline)
        values, limits = (_mean(baseline), _mean(candidate)), _limits(name, _mean(baseline) or 0.0, tolerances)
        return Comparison(name, *values, name in GATED, *limits, new=new, lacks="not in every record of both sides")
    allowed, blind = _limits(name, float(baseline.mean()), tolerances)
    if evidence is not None:
        first, second = (np.stack([pair[side].contributions[name] for pair in evidence]) for side in (0, 1))
        return over_examples(name, first, second, allowed, blind)
    if min(len(baseline), len(candidate)) < FEWEST_SEEDS:
        return Comparison(name, _mean(baseline), _mean(candidate), True, allowed, blind, lacks=_why(match))
    grain = 1 / max(1, min(found.record.readings[name].n for found in (*match.baseline, *match.candidate)))
    return over_seeds(name, baseline, candidate, allowed, blind, grain)


def over_examples(
    name: str,
    baseline: Shaped[np.ndarray, "s n"],
    candidate: Shaped[np.ndarray, "s n"],
    tolerance: float,
    blind: float,
) -> Comparison:
    """Compare what each of the same examples contributes under matched seeds (S, N).

    One pair's errors (bool) by McNemar, else each example's difference, averaged over seeds, by Student's t.
    """
    values = float(baseline.mean(dtype=np.float64)), float(candidate.mean(dtype=np.float64))
    if np.array_equal(baseline, candidate):
        return Comparison(name, *values, True, tolerance, blind, same=True, over=EXAMPLES)
    if baseline.shape[1] < FEWEST_EXAMPLES:
        return Comparison(name, *values, True, tolerance, blind, lacks="fewer than two examples")
    differences = candidate.astype(np.float64) - baseline
    if len(baseline) == 1 and baseline.dtype == candidate.dtype == np.bool_:
        test = mcnemar_worse(baseline[0], candidate[0])
    else:
        test = paired_t(differences.mean(axis=0))
    agree = _agree(differences.mean(axis=1), tolerance)
    return Comparison(name, *values, True, tolerance, blind, test=test, seeds_agree=agree, over=EXAMPLES)


def over_seeds(
    name: str,
    baseline: Float[np.ndarray, " s"],
    candidate: Float[np.ndarray, " t"],
    tolerance: float,
    blind: float,
    grain: float,
) -> Comparison:
    """Compare readings over seeds that do not belong together, 2 or more on each side, by Welch's t."""
    test = welch(baseline, candidate, grain)
    values = float(baseline.mean()), float(candidate.mean())
    return Comparison(name, *values, True, tolerance, blind, test=test, over=SEEDS)


def _agree(worsening: Float[np.ndarray, " s"], tolerance: float) -> bool:
    if len(worsening) == 1 or np.ptp(worsening) == 0:
        return True
    seeds, error = len(worsening), worsening.std(ddof=1) / np.sqrt(len(worsening))
    return float(stdtr(seeds - 1, (tolerance - worsening.mean()) / error)) < SEEDS_AGREE.get(seeds, 0.05)


def _values(side: Sequence[Found], name: str) -> np.ndarray | None:
    values = [_checked(found, name) for found in side if name in found.record.readings]
    if len(values) < len(side):
        return None
    return np.abs(values) if BY_NAME[name].direction is Direction.ZERO else np.array(values)


def _checked(found: Found, name: str) -> float:
    value, (low, high) = found.record.readings[name].value, BY_NAME[name].range
    if not low <= value <= (LARGEST if high is None else high):
        raise MixBenchError(
            f"record {plain(str(found.path))}: needed {name} from {low:g} to {'what can be' if high is None else high},"
            f" got {value:g}; see mixbench validate"
        )
    return value


def _mean(values: np.ndarray | None) -> float | None:
    return None if values is None else float(values.mean())


def _why(match: Match) -> str:
    if match.paired:
        return "outcomes are missing beside a record; keep the .npz with it"
    return f"other seeds, and fewer than {FEWEST_SEEDS} on a side; measure the same seeds"
