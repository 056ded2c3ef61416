"""The gate simulated: how often it fails where nothing changed, and how often it finds what did."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from gates import Outcomes, draw, worsened

from mixbench.gate.comparison import Comparison, over_examples, over_seeds
from mixbench.gate.matching import Match
from mixbench.gate.regression import Check, Row, Verdict, judge
from mixbench.gate.tolerances import GATED, tolerance_of
from mixbench.results.measures import BY_NAME
from mixbench.results.noises import NOISE_GIVEN

N = 600
DRAWN = tuple(name for name in GATED if not name.startswith(NOISE_GIVEN))
NULL_RUNS, MOST_FAILURES = 400, 35
POWER_RUNS, LEAST_CAUGHT = 200, 0.9
STANDARD_ERRORS = 4.5

Worsen = Callable[[Outcomes, np.random.Generator, float], Outcomes]


def verdict_of(comparisons: list[Comparison]) -> tuple[Verdict, set[str]]:
    """The verdict of one run of the gate, and the measures that regressed."""
    findings = judge(comparisons)
    check = Check((Row(Match((), (), paired=True), tuple(findings)),), (), ())
    return check.verdict, {each.comparison.measure for each in findings if each.verdict is Verdict.REGRESSION}


def compared(
    baseline: list[Outcomes], candidate: list[Outcomes], tolerances: dict[str, float], measures: tuple[str, ...] = DRAWN
) -> list[Comparison]:
    """Measures over the same examples, a pair of trainings a seed."""
    made = []
    for name in measures:
        first, second = (np.stack([BY_NAME[name].contributions(o) for o in side]) for side in (baseline, candidate))
        allowed, blind = tolerance_of(name).at(float(first.mean()))
        made.append(over_examples(name, first, second, tolerances.get(name, allowed), blind))
    return made


def trained(rng: np.random.Generator, seeds: int) -> list[list[Outcomes]]:
    """A baseline's and a candidate's trainings, which differ by chance only, on the same new examples."""
    hard = rng.normal(size=N)
    return [[draw(rng, hard) for _ in range(seeds)] for _ in range(2)]


def test_without_a_true_change_it_seldom_fails():
    rng, failures = np.random.default_rng(5), {"default": 0, "zero": 0}
    for _ in range(NULL_RUNS):
        comparisons = compared(*trained(rng, seeds=1), {})
        failures["default"] += verdict_of(comparisons)[0] is Verdict.REGRESSION
        # With one pair of trainings a tolerance moves no test, only what it is held against.
        strict = [replace(each, tolerance=0.0) for each in comparisons]
        failures["zero"] += verdict_of(strict)[0] is Verdict.REGRESSION
    assert max(failures.values()) <= MOST_FAILURES


def test_without_a_true_change_matched_seeds_seldom_fail():
    rng, strict = np.random.default_rng(6), dict.fromkeys(GATED, 0.0)
    failures = sum(verdict_of(compared(*trained(rng, 3), strict))[0] is Verdict.REGRESSION for _ in range(100))
    assert failures <= MOST_FAILURES * 100 / NULL_RUNS


@cache
def unchanged(seeds: int) -> list[list[Comparison]]:
    """What the other measures come to where nothing else changed: they share the level by Holm."""
    rng = np.random.default_rng([8, seeds])
    return [compared(*trained(rng, seeds), {}) for _ in range(20)]


def surer(outcomes: Outcomes, rng: np.random.Generator, by: float) -> Outcomes:
    """The log-probability of the true label lower, on some examples much lower."""
    lower = outcomes["clean.log_probability"] - rng.exponential(by, N)
    return {**outcomes, "clean.log_probability": lower}


def missing(outcomes: Outcomes, rng: np.random.Generator, by: float) -> Outcomes:
    """More misses in between."""
    bits = outcomes["between.miss_mixup"]
    return {**outcomes, "between.miss_mixup": bits | (rng.random(bits.shape) < by)}


def rarer(outcomes: Outcomes, rng: np.random.Generator, by: float) -> Outcomes:
    """More errors on clean images, where there are few."""
    return worsened(outcomes, rng, by, "clean.rank")


def size_of(measure: str, worsen: Worsen, seeds: int, tolerance: float) -> float:
    """The `by` that makes a measure truly worse by its tolerance and 4.5 standard errors, from many draws."""
    low, high = 0.0, 1.0
    for _ in range(12):
        middle, rng = (low + high) / 2, np.random.default_rng(1)
        differences = []
        for _ in range(20):
            hard = rng.normal(size=N)
            pairs = [(draw(rng, hard), worsen(draw(rng, hard), rng, middle)) for _ in range(seeds)]
            contribute = BY_NAME[measure].contributions
            differences.append(np.mean([contribute(b).astype(float) - contribute(a) for a, b in pairs], axis=0))
        spread = np.sqrt(np.mean([each.var(ddof=1) for each in differences]) / len(differences[0]))
        enough = np.mean(differences) >= tolerance + STANDARD_ERRORS * spread
        low, high = (low, middle) if enough else (middle, high)
    return high


@pytest.mark.parametrize(
    ("measure", "worsen", "seeds"),
    [
        ("fgsm.white.top1_error", worsened, 1),
        ("clean.top1_error", rarer, 1),
        ("calibration.nll", surer, 1),
        ("between.miss_mixup", missing, 1),
        ("fgsm.white.top1_error", worsened, 2),
        ("fgsm.white.top1_error", worsened, 3),
    ],
)
def test_a_true_worsening_is_found(measure, worsen, seeds):
    by, rng = size_of(measure, worsen, seeds, tolerance_of(measure).allowed), np.random.default_rng([7, seeds])
    caught = 0
    for place in range(POWER_RUNS):
        baseline, candidate = trained(rng, seeds)
        worse = compared(baseline, [worsen(each, rng, by) for each in candidate], {}, (measure,))
        others = [each for each in unchanged(seeds)[place % 20] if each.measure != measure]
        caught += measure in verdict_of(worse + others)[1]
    assert caught >= LEAST_CAUGHT * POWER_RUNS


def seeded(rng: np.random.Generator, seeds: int, worse: float) -> list[Comparison]:
    """Every gated measure over different seeds, the first of them truly worse."""
    made = []
    for place, name in enumerate(GATED):
        first, second = 0.3 + 0.02 * rng.normal(size=(2, seeds))
        made.append(over_seeds(name, first, second + (worse if place == 0 else 0.0), 0.01, 0.2, 1 / N))
    return made


def test_over_different_seeds_it_seldom_fails_without_a_change():
    rng = np.random.default_rng(3)
    failures = sum(verdict_of(seeded(rng, 3, 0.0))[0] is Verdict.REGRESSION for _ in range(200))
    assert failures <= MOST_FAILURES * 200 / NULL_RUNS


def test_over_different_seeds_a_true_worsening_is_found():
    rng, seeds = np.random.default_rng(4), 8
    worse = 0.01 + STANDARD_ERRORS * 0.02 * np.sqrt(2 / seeds)
    caught = sum(GATED[0] in verdict_of(seeded(rng, seeds, worse))[1] for _ in range(POWER_RUNS))
    assert caught >= LEAST_CAUGHT * POWER_RUNS
