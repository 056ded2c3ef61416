"""The gate's parts against scipy, the readings' own formulas and cases worked by hand."""

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gates import GOLDEN, calibrate, draw, training, write
from scipy import stats

from mixbench.gate.check import Check, Row
from mixbench.gate.comparison import Comparison
from mixbench.gate.contrast import Contrast
from mixbench.gate.decide import undecidable, wanted
from mixbench.gate.evidence import contributed, value_of
from mixbench.gate.gating import gate
from mixbench.gate.matching import Match
from mixbench.gate.tolerances import GATED, checked, parse_tolerances, tolerance_of
from mixbench.gate.training import decided
from mixbench.gate.training import train as make
from mixbench.gate.verdict import Verdict, judge
from mixbench.gate.wanted import Wanted
from mixbench.gate.wording import row_note
from mixbench.results.attacks import CORE
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, MEASURES, Direction, read
from mixbench.results.noises import NOISE_GIVEN, NOISES
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import load_record
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

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
    values = contributed(measure, outcomes)
    assert values is not None
    assert values.shape == (reading.n,)
    stated = abs(reading.value) if BY_NAME[measure].direction is Direction.ZERO else reading.value
    assert value_of(measure, values, outcomes["labels"]) == pytest.approx(stated, rel=1e-12, abs=1e-15)


def test_everything_that_ranks_and_has_an_interval_is_gated():
    ranked = {each.name for each in MEASURES if each.direction is not Direction.FLAG}
    assert ranked - set(GATED) == {f"{noise}.test_error_best" for noise in NOISES}
    assert set(BY_NAME) - set(READINGS) == {
        *(name for name in BY_NAME if name.startswith(f"{NOISE_GIVEN}.")),
        *(name for name in BY_NAME if name.startswith("diagnostics.") or BY_NAME[name].group != CORE),
        *(name for name in BY_NAME if BY_NAME[name].shift),
        *(name for name in BY_NAME if name.endswith(".eps_area")),
    }


def test_what_is_gated_has_contributions_and_is_better_in_one_direction():
    for name in GATED:
        assert BY_NAME[name].each is not None or BY_NAME[name].by_class, name
        assert BY_NAME[name].direction is not Direction.FLAG, name
        assert tolerance_of(name).allowed > 0, name
    assert [name for name in GATED if name.startswith("diagnostics.")] == []
    with pytest.raises(KeyError):
        tolerance_of("diagnostics.saturated")


def compared(difference: float, error: float = 0.005, **more: Any) -> Comparison:
    """A comparison of 0.1 with 0.1 + difference, its tolerance 0.02."""
    test = Contrast(difference, error**2, 0.0, 400.0, 400, (3, 3))
    return Comparison("clean.top1_error", 0.1, 0.1 + difference, **{"tolerance": 0.02, "test": test, **more})


@pytest.mark.parametrize(
    ("comparison", "verdict", "p"),
    [
        (compared(0.05), Verdict.REGRESSION, stats.t(400).sf(6)),
        (compared(0.029), Verdict.INCONCLUSIVE, stats.t(400).sf(1.8)),
        (compared(0.015), Verdict.INCONCLUSIVE, stats.t(400).sf(1)),
        (compared(0.01), Verdict.OK, stats.t(400).sf(2)),
        (compared(-0.009), Verdict.OK, stats.t(400).sf(5.8)),
        (compared(-0.011), Verdict.IMPROVED, stats.t(400).sf(6.2)),
        (compared(-0.05, error=0.1), Verdict.INCONCLUSIVE, stats.t(400).sf(0.7)),
        (compared(0.05, test=None, lacks="outcomes are missing"), Verdict.INCONCLUSIVE, None),
        (compared(0.0, test=None, same=True), Verdict.OK, None),
        (compared(0.5, gated=False), Verdict.SHOWN, None),
        (compared(0.5, new=True), Verdict.NEW, None),
    ],
)
def test_a_verdict_and_the_p_that_decided_it(comparison, verdict, p):
    found = judge([comparison])[0]
    assert found.verdict is verdict
    assert found.p == (None if p is None else pytest.approx(p))


def test_the_level_of_a_regression_is_shared_and_that_of_ok_is_not():
    doubtful = compared(0.032)
    assert judge([doubtful])[0].verdict is Verdict.REGRESSION
    among = judge([doubtful, compared(0.0), compared(0.0)])
    assert [each.verdict for each in among] == [Verdict.INCONCLUSIVE, Verdict.OK, Verdict.OK]
    assert among[0].p == pytest.approx(3 * stats.t(400).sf(2.4))
    by_class = judge([compared(0.032, classes=10, worst=3)])[0]
    assert (by_class.p, by_class.reason[:8]) == (pytest.approx(10 * stats.t(400).sf(2.4)), "class 3:")


def test_more_memorised_labels_are_worse_and_a_worse_class_is_found(tmp_path):
    rng, labels = np.random.default_rng(8), np.repeat(np.arange(4), 100)
    for seed in range(3):
        drawn = draw(rng, rng.normal(size=400)) | {"labels": labels}
        drawn |= {f"noise{k}.test_predicted": labels for k in (20, 50, 80)}
        worse = {**drawn, "clean.rank": np.where((labels == 2) & (rng.random(400) < 0.6), 2, drawn["clean.rank"])}
        chosen = drawn["noise50.corrupted"].astype(bool) & (rng.random(400) < 0.7)
        worse["noise50.train_predicted"] = np.where(chosen, 0, drawn["noise50.train_predicted"] | 1)
        drawn["noise50.train_predicted"] = drawn["noise50.train_predicted"] | 1
        write(tmp_path / "before", drawn, seed=seed)
        write(tmp_path / "after", worse, seed=seed)
    calibrate(tmp_path / "before")
    found = gate(tmp_path / "after", tmp_path / "before")
    said = {each.comparison.measure: each for _, each in found.findings(Verdict.REGRESSION)}
    assert said["clean.worst_class_error"].comparison.worst == 2
    assert said["clean.worst_class_error"].comparison.classes == 4
    memorised = said["noise50.train_error_corrupted"].comparison
    assert memorised.difference is not None
    assert memorised.difference < -0.5
    assert memorised.interval is not None
    assert memorised.interval[0] < memorised.difference < memorised.interval[1] < 0


def test_of_a_method_that_the_calibration_lacks_it_is_said_how_often_its_own_noise_misleads(tmp_path):
    write(tmp_path / "before", training(0), "another", seed=0)
    write(tmp_path / "after", training(1), "another", seed=1)
    calibrate(tmp_path / "before", prior=5.0)
    (row,) = gate(tmp_path / "after", tmp_path / "before").rows
    assert row.mistaken == pytest.approx(stats.norm.sf(stats.t(5).ppf(0.95) / 2))
    assert "called ok in about 16% of cases instead of 5%" in row_note(row)


def test_runs_that_would_decide_are_named_and_enough(tmp_path):
    test = Contrast(0.01, 2 * 0.01**2 / 3, 0.0, 6.0, 400, (3, 3))
    record = load_record(GOLDEN)
    side = tuple(Found(tmp_path / f"{seed}.json", record.model_copy(update={"seed": seed})) for seed in range(3))
    whole = compared(0.01, test=test)
    check = Check((Row(Match(side, side, paired=True), tuple(judge([whole]))),))
    assert check.verdict is Verdict.INCONCLUSIVE
    asked = wanted(check, tmp_path / "after", tmp_path / "before")
    assert asked[0].side == "candidate"
    candidates, baselines = (next((e.seeds for e in asked if e.side == side), ()) for side in ("candidate", "baseline"))
    more = test.with_trainings(3 + len(baselines), 3 + len(candidates))
    assert stats.t(more.freedom).ppf(0.95) + stats.t(more.freedom).ppf(0.8) <= 0.01 / more.error
    assert candidates == (*range(3, 3 + len(candidates)),)
    assert asked[0].command.startswith("mixbench eval --aug 'cutmix(")
    assert asked[0].command.endswith(f"--seed {2 + len(candidates)} --runs {tmp_path / 'after'}")
    floored = replace(test, floor=1.0)
    hopeless = replace(check, rows=(replace(check.rows[0], findings=tuple(judge([compared(0.01, test=floored)]))),))
    assert (wanted(hopeless, tmp_path, tmp_path), undecidable(hopeless)) == ([], ["clean.top1_error"])


def test_until_decided_makes_the_candidates_trainings_up_to_its_limit(tmp_path):
    """A stand-in for training, which lays down another drawn training."""
    for seed in range(6):
        write(tmp_path / "before", training(seed), seed=seed)
    calibrate(tmp_path / "before", prior=0.1)
    write(tmp_path / "after", training(0, 0.02), seed=0)
    made = []

    def lay(each: Wanted, seeds: tuple[int, ...]) -> None:
        made.extend(seeds)
        for seed in seeds:
            write(each.runs, training(seed, 0.02), seed=seed)

    judged = partial(gate, tmp_path / "after", tmp_path / "before")
    assert decided(judged, 6, lay).verdict is Verdict.OK
    assert made == [1, 2, 3, 4, 5]
    made.clear()
    shift = partial(gate, tmp_path / "after", tmp_path / "before", {"fgsm.white.top1_error": 0.012})
    found = decided(shift, 8, lay)
    assert max(made, default=0) <= 7
    assert found.verdict is Verdict.INCONCLUSIVE


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
        ("diagnostics.saturated=0.1", "never gated"),
        ("noise20.test_error_best=0.1", "never gated"),
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


def test_what_is_wanted_is_trained_as_it_is_asked_for(tmp_path, monkeypatch, capsys):
    suite = load_suite("digits")
    record = load_record(GOLDEN).model_copy(
        update={"suite": "digits", "suite_digest": suite.digest, "backbone": suite.backbone}
    )
    calls = []
    monkeypatch.setattr("mixbench.runs.calls.run", lambda *words, **more: calls.append((words, more)))
    make(Wanted("candidate", record, (3, 4), tmp_path), (3,))
    assert calls == [((record.augmentation, "digits", (3,), suite.backbone), {"runs": tmp_path})]
    assert "seed 3" in capsys.readouterr().err
    with pytest.raises(MixBenchError, match="give --suite"):
        make(Wanted("candidate", record, (3,), tmp_path, "fashion-mnist-small"), (3,))
