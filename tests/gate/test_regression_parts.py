"""The gate's parts against scipy, the readings' own formulas and cases worked by hand."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest
from gates import GOLDEN, draw
from scipy import stats

from mixbench.gate.comparison import Comparison, over_examples
from mixbench.gate.paired import Contrast, holm, mcnemar_worse, paired_t, welch
from mixbench.gate.regression import Verdict, judge
from mixbench.gate.tolerances import GATED, checked, parse_tolerances, tolerance_of
from mixbench.results.attacks import CORE
from mixbench.results.measures import BY_NAME, MEASURES, Direction, read
from mixbench.results.noises import NOISE_GIVEN, NOISES
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import load_record
from mixbench.spec.errors import MixBenchError

RNG = np.random.default_rng(20)
DRAWN = draw(RNG, RNG.normal(size=300))
READINGS = read(DRAWN)


@pytest.mark.parametrize("measure", [name for name in GATED if name in READINGS])
@pytest.mark.parametrize("where", ["golden", "drawn"])
def test_contributions_average_to_the_reading(measure, where):
    if where == "golden":
        outcomes = load_outcomes(GOLDEN.with_suffix(".npz"))
        reading = load_record(GOLDEN).readings.get(measure) or read(outcomes).get(measure)
        if reading is None:
            pytest.skip("younger than the golden outcomes")
    else:
        outcomes, reading = DRAWN, READINGS[measure]
    values = BY_NAME[measure].contributions(outcomes)
    assert values.shape == (reading.n,)
    assert values.mean() == pytest.approx(abs(reading.value), rel=1e-12, abs=1e-15)


def test_everything_that_ranks_and_has_an_interval_is_gated():
    ranked = {each.name for each in MEASURES if each.direction in (Direction.LOWER, Direction.ZERO)}
    assert ranked - set(GATED) == {
        *(f"{noise}.test_error_best" for noise in NOISES),
        *(name for name in BY_NAME if name.endswith(".worst_class_error")),
    }
    assert set(BY_NAME) - set(READINGS) == {
        *(name for name in BY_NAME if name.startswith(f"{NOISE_GIVEN}.")),
        *(name for name in BY_NAME if name.startswith("diagnostics.") or BY_NAME[name].group != CORE),
        *(name for name in BY_NAME if name.endswith(".eps_area")),
    }


def test_what_is_gated_has_contributions_and_is_better_in_one_direction():
    for name in GATED:
        assert BY_NAME[name].each is not None, name
        assert BY_NAME[name].direction in (Direction.LOWER, Direction.ZERO), name
        assert tolerance_of(name).allowed > 0, name
    assert [name for name in GATED if name.startswith("diagnostics.") or name.endswith("_corrupted")] == []
    with pytest.raises(KeyError):
        tolerance_of("diagnostics.saturated")


@pytest.mark.parametrize(("lost", "won"), [(9, 2), (2, 9), (0, 0), (5, 0), (0, 5), (30, 20)])
def test_mcnemar_is_the_binomial_test_of_the_examples_that_differ(lost, won):
    first, second = np.zeros(60, bool), np.zeros(60, bool)
    second[:lost], first[lost : lost + won] = True, True
    test = mcnemar_worse(first, second)
    expected = stats.binomtest(lost, lost + won, alternative="greater").pvalue if lost + won else 1.0
    assert test.p == pytest.approx(expected, rel=1e-12)
    assert test.difference == pytest.approx((lost - won) / 60)
    assert test.error == pytest.approx(stats.sem(second.astype(float) - first), abs=1e-15)


def test_paired_t_is_that_of_scipy():
    values = np.random.default_rng(1).normal(0.1, 1, 50)
    expected = stats.ttest_1samp(values, 0, alternative="greater")
    test = paired_t(values)
    assert test.p == pytest.approx(expected.pvalue, rel=1e-10)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert test.interval() == pytest.approx((interval.low, interval.high), rel=1e-10)


@pytest.mark.parametrize(("value", "p"), [(0.5, 1 / 16), (-0.5, 1.0), (0.0, 1.0)])
def test_differences_that_are_all_one_number_are_judged_by_their_sign(value, p):
    assert paired_t(np.full(4, value)).p == p


def test_welch_is_that_of_scipy():
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.3, 0.02, 4), rng.normal(0.33, 0.05, 6)
    expected = stats.ttest_ind(second, first, equal_var=False, alternative="greater")
    test = welch(first, second, 1e-6)
    assert test.p == pytest.approx(expected.pvalue, rel=1e-8)
    assert test.freedom == pytest.approx(expected.df, rel=1e-8)


def test_a_spread_of_nothing_is_taken_as_rounding():
    test = welch(np.full(3, 0.1), np.full(3, 0.2), 0.01)
    assert test.error == pytest.approx(np.sqrt(2 * 0.01**2 / 12 / 3))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize("tolerance", [0.02, 0.0])
def test_what_is_seen_is_found_nine_times_in_ten(tolerance):
    error, level, rng = 0.01, 0.002, np.random.default_rng(3)
    sees = Contrast(0.0, error, 500.0, 1.0).sees(tolerance, level)
    found = rng.normal(sees, error, 20_000)
    t = stats.t(500)
    convinced = (found - t.ppf(0.975) * error > tolerance) & (found / error > t.ppf(1 - level))
    assert convinced.mean() == pytest.approx(0.9, abs=0.015)


def compared(difference: float, p: float, error: float = 0.01, **more: object) -> Comparison:
    """A comparison of 0.1 with 0.1 + difference, its tolerance 0.01."""
    test = Contrast(difference, error, 400.0, p)
    fields = {"gated": True, "tolerance": 0.01, "blind": 0.2, "test": test, **more}
    return Comparison("clean.top1_error", 0.1, 0.1 + difference, **fields)


@pytest.mark.parametrize(
    ("comparison", "verdict"),
    [
        (compared(0.05, 1e-6), Verdict.REGRESSION),
        (compared(0.05, 0.06), Verdict.INCONCLUSIVE),
        (compared(0.02, 1e-6), Verdict.INCONCLUSIVE),
        (compared(0.009, 1e-6, error=0.001), Verdict.OK),
        (compared(-0.05, 1.0), Verdict.OK),
        (compared(0.0, 0.5, error=0.1), Verdict.INCONCLUSIVE),
        (compared(0.0, 0.5, error=0.1, tolerance=0.5), Verdict.OK),
        (compared(0.05, 1e-6, seeds_agree=False), Verdict.INCONCLUSIVE),
        (compared(0.05, 1e-6, test=None, lacks="outcomes are missing"), Verdict.INCONCLUSIVE),
        (compared(0.0, 1.0, test=None, same=True), Verdict.OK),
        (compared(0.5, 1e-6, gated=False), Verdict.SHOWN),
        (compared(0.5, 1e-6, new=True), Verdict.NEW),
    ],
)
def test_verdicts(comparison, verdict):
    assert judge([comparison])[0].verdict is verdict


def test_the_level_is_shared():
    alone, among = judge([compared(0.05, 0.03)])[0], judge([compared(0.05, 0.03), compared(0.0, 0.5)])[0]
    assert (alone.verdict, among.verdict) == (Verdict.REGRESSION, Verdict.INCONCLUSIVE)
    assert among.p == pytest.approx(0.06)


def test_one_bad_training_of_three_is_no_regression():
    rng = np.random.default_rng(4)
    baseline = rng.random((3, 2000)) < 0.1
    candidate = baseline.copy()
    candidate[0] |= rng.random(2000) < 0.3
    found = judge([over_examples("clean.top1_error", baseline, candidate, 0.01, 0.2)])[0]
    assert found.p is not None
    assert found.p < 1e-6
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "seeds disagree" in found.reason


def documented() -> dict[str, float]:
    """The tolerances of docs/gate.md by pattern, in its order; a share of the baseline's value as a share."""
    text = (Path(__file__).parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")
    found = {}
    for names, allowed in re.findall(r"^\| (`.*) \| (.*) \|$", text, re.MULTILINE):
        patterns = re.findall(r"`([^`]+)`", names)
        numbers = [float(each) / (100 if "%" in allowed else 1) for each in re.findall(r"[0-9.]+", allowed)]
        found |= zip(patterns, numbers * len(patterns) if len(numbers) == 1 else numbers, strict=True)
    return found


def test_the_documented_tolerances_are_those_of_the_gate():
    patterns = documented()
    used = {name: [each for each in patterns if fnmatchcase(name, each)] for name in GATED}
    assert all(used.values())
    assert {name: patterns[fits[-1]] for name, fits in used.items()} == {
        name: tolerance_of(name).allowed for name in GATED
    }
    assert {fits[-1] for fits in used.values()} == set(patterns)
    assert [name for name in GATED if tolerance_of(name).relative] == ["between.gradient_norm"]


def test_tolerances_are_read():
    assert parse_tolerances(["clean.top1_error=0.02", "calibration.nll = 0"]) == {
        "clean.top1_error": 0.02,
        "calibration.nll": 0.0,
    }


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("clean.top1_eror=0.1", "Did you mean 'clean.top1_error'"),
        ("clean.top1_error", "needed MEASURE=X"),
        ("clean.top1_error=much", "needed a number"),
        ("clean.top1_error=nan", "from 0 up"),
        ("clean.top1_error=-1", "from 0 up"),
        ("noise20.train_error_corrupted=0.1", "never gated alone"),
        ("diagnostics.saturated=0.1", "never gated alone"),
        ("noise20.test_error_best=0.1", "never gated alone"),
        ("\x1b[31m\u202e=1", r"\\x1b"),
    ],
)
def test_wrong_tolerances_are_refused(word, says):
    with pytest.raises(MixBenchError, match=says):
        parse_tolerances([word])


def test_a_given_tolerance_is_a_number_from_zero():
    assert checked("clean.top1_error", 0.0) == 0.0
    with pytest.raises(MixBenchError, match="from 0 up"):
        checked("clean.top1_error", float("inf"))
