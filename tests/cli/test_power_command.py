"""`mixbench power`, and what plans say of their seeds."""

import json
import re

import pytest
from drawn import write_methods
from tiny import suite_path

METHODS = {"erm": 0.1, "mixup": 0.12, "cutmix": 0.15, "cutout": 0.11}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return write_methods(tmp_path_factory.mktemp("power") / "runs", suite_path(), METHODS)


@pytest.fixture
def power(mixbench, runs):
    return lambda *words: mixbench("power", "--suite", suite_path(), "--runs", runs, "--device", "cpu", *words)


def test_more_seeds_find_less_and_take_longer(power):
    entries = json.loads(power("--measure", "clean.top1_error", "--json").out)
    keys = ["measure", "seeds", "minutes", "difference", "difference_on_board", "resolution"]
    assert all(list(entry) == keys for entry in entries)
    for name, falls in (("seeds", False), ("minutes", False), ("difference", True), ("resolution", True)):
        values = [entry[name] for entry in entries]
        assert values == sorted(values, reverse=falls), name
    three = next(entry for entry in entries if entry["seeds"] == 3)
    # Images are wrong independently, so that a mean over S seeds varies by p(1 - p)/(360 S) and nothing else.
    error = (2 * 0.12 * 0.88 / (360 * 3)) ** 0.5
    assert three["difference"] == pytest.approx((1.96 + 0.84) * error, rel=0.35)
    assert three["difference_on_board"] > three["difference"]


def test_minutes_are_those_of_the_suites_file_where_nothing_was_timed(power):
    entries = json.loads(power("--measure", "clean.top1_error", "--json").out)
    ten, twenty = (next(entry["minutes"] for entry in entries if entry["seeds"] == seeds) for seeds in (10, 20))
    # Two methods, four trainings and an examination of one second each; what is shared cancels.
    said = power("--measure", "clean.top1_error").out
    workers = int(re.search(r"on (\d+)\s+worker", said).group(1))
    assert twenty - ten == pytest.approx(2 * 10 * 5 / 60 / workers)
    assert "by the suite's file" in " ".join(said.split())


def test_a_difference_has_its_seeds_and_fewer_where_one_may_stop(power):
    words = ("--measure", "clean.top1_error", "--detect", "0.03")
    (entry,) = json.loads(power(*words, "--json").out)
    table = json.loads(power("--measure", "clean.top1_error", "--json").out)
    reached = [row["seeds"] for row in table if row["difference"] <= 0.03]
    assert max(row["seeds"] for row in table if row["difference"] > 0.03) < entry["seeds"] <= min(reached)
    assert 3 <= entry["until_decided"] <= entry["seeds"] + 1
    assert power(*words).out.splitlines()[3].split()[:3] == ["clean.top1_error", "3.0", str(entry["seeds"])]


def test_without_a_measure_the_headline_ones_that_vary(power):
    lines = power().out.splitlines()
    assert lines[1].split() == ["seeds", "2", "3", "5", "10", "20", "50"]
    rows = [line.split()[0] for line in lines[3:]]
    assert rows[:3] == ["clean.top1_error", "calibration.ece", "minutes"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--measure", "clean.top1"), "Did you mean 'clean.top1_error'"),
        (("--measure", "clean.top1_error", "--detect", "0"), "--detect: needed a difference above 0"),
        (("--measure", "ifgsm.white.top1_error"), "needed two methods or more"),
        (("--suite", "digits"), "needed two methods or more .* got 0"),
    ],
)
def test_what_cannot_be_is_one_line(mixbench, runs, words, message):
    said = mixbench("power", *(() if "--suite" in words else ("--suite", suite_path())), "--runs", runs, *words)
    assert said.code == 2
    assert re.search(message, said.err), said.err
    assert said.err.count("\n") == 1


def test_plans_say_what_their_seeds_will_tell(mixbench, runs, power):
    grid = ("--aug", "cutmix", "--seed", 0, "--seed", 1, "--seed", 2, "--suite", suite_path(), "--plan")
    three = next(e for e in json.loads(power("--measure", "clean.top1_error", "--json").out) if e["seeds"] == 3)
    line = f"3 seeds a method find a difference of {100 * three['difference']:.1f} points in clean.top1_error"
    for command in ("eval", "sweep"):
        assert line in mixbench(command, *grid, "--runs", runs).out
        assert line not in mixbench(command, *grid, "--runs", runs / "none").out
