"""Seed after seed until it is decided: what is looked at, what is trained, when it stops."""

import json
import re
import shutil
import sys

import numpy as np
import pytest
from drawn import errors, outcomes, ranks, write_drawn
from scipy.stats import chi2
from tiny import AUG, copied_runs, finished_record, finished_runs, load_suite, suite_path

from mixbench.compare import Sequential, Spread, Verdict, plan_sequential
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.panel import Panel
from mixbench.compare.versus.sides import Side
from mixbench.compare.versus.trainer import trainer
from mixbench.compare.versus.until import Question, until_decided
from mixbench.report.progress import live_progress
from mixbench.results.measures import BY_NAME
from mixbench.runs.engines import engine_named
from mixbench.spec.errors import MixBenchError

MEASURE = BY_NAME["clean.top1_error"]


class Trainings:
    """Draws the clean errors of specs at the shares that it knows, and keeps in mind what it was asked for."""

    def __init__(self, shares: dict[str, float]) -> None:
        self.shares, self.asked = shares, []

    def __call__(self, wanted):
        self.asked += wanted
        return {each: self.draw(*each) for each in wanted}

    def draw(self, spec: str, seed: int):
        rng = np.random.default_rng([list(self.shares).index(spec), seed])
        return outcomes(clean__rank=ranks(errors(rng, self.shares[spec])))


def side(spec: str, records=None) -> Side:
    return Side(spec, spec, records or {}, spec)


def steps(trainings: Trainings, *others: str, most: int = 12, detect: float | None = 0.05, a: Side | None = None):
    question = Question(MEASURE, detect, most)
    first = a or side("a")
    return list(until_decided(first, [side(b) for b in others], question, Panel(), Evidence(), trainings))


def test_a_large_difference_is_decided_at_the_third_seed():
    trainings = Trainings({"a": 0.1, "b": 0.5})
    (step,) = steps(trainings, "b")
    assert (step.pair.seeds, step.verdict) == (3, Verdict.BETTER)
    assert sorted(trainings.asked) == [(spec, seed) for spec in "ab" for seed in range(3)]
    assert step.entry().pair.difference == pytest.approx(step.values[0] - step.values[1])
    assert step.entry().pair.high < 0


def test_each_pair_stops_on_its_own_and_no_seed_is_trained_twice():
    trainings = Trainings({"a": 0.1, "far": 0.5, "near": 0.13})
    found = steps(trainings, "far", "near", detect=0.03)
    by_b = {name: [step for step in found if step.b.name == name] for name in ("far", "near")}
    assert len(by_b["far"]) == 1
    assert [step.pair.seeds for step in by_b["near"]] == list(range(3, 3 + len(by_b["near"])))
    assert len(by_b["near"]) > 1
    assert all(step.verdict is None for step in by_b["near"][:-1])
    assert by_b["near"][-1].verdict is not None
    assert len(trainings.asked) == len(set(trainings.asked))
    assert max(seed for spec, seed in trainings.asked if spec == "far") == 2


def test_no_more_seeds_than_asked_for():
    found = steps(Trainings({"a": 0.2, "b": 0.24}), "b", most=4, detect=0.005)
    assert [step.pair.seeds for step in found] == [3, 4]
    assert found[-1].verdict is Verdict.UNDECIDED
    assert found[-1].entry().pair.verdict is Verdict.UNDECIDED
    assert found[-1].entry().pair.more_seeds != 0


def test_the_rule_is_that_of_the_first_seeds_variance_and_its_interval_that_of_the_bound():
    (step, *_) = steps(Trainings({"a": 0.2, "b": 0.25}), "b", most=10, detect=0.04)
    a, b = (np.stack([errors(np.random.default_rng([place, seed]), share) * 1.0 for seed in range(3)])
            for place, share in ((0, 0.2), (1, 0.25)))  # fmt: skip
    own = (a - b).mean(axis=1).var(ddof=1)
    assert step.pair.seed == pytest.approx(own)
    centred = (a - b) - (a - b).mean(axis=1, keepdims=True)
    shared = sum(float(centred[s] @ centred[r]) for s in range(3) for r in range(3) if s != r) / (6 * 359)
    rule = plan_sequential(
        Spread(seed=own * 2 / chi2.ppf(0.2, 2) * 360 / 2, example=max(shared, 0.0) / 2), 360, 0.04, 10
    )
    assert isinstance(step.rule, Sequential)
    assert step.rule.looks == rule.looks
    assert step.rule.found == pytest.approx(rule.found)
    pair = step.entry().pair
    if pair.high is not None:
        half = rule.found[0] * (own / 3 + max(shared, 0.0) / 360) ** 0.5
        assert pair.high - pair.low == pytest.approx(2 * half)
    assert pair.p is None


def test_records_that_are_there_count_and_are_not_trained(tmp_path):
    from mixbench.results.found import read_all

    paths = [
        write_drawn(tmp_path, suite_path(), "erm", seed, Trainings({"erm": 0.1}).draw("erm", seed)) for seed in (0, 1)
    ]
    trainings = Trainings({"erm": 0.1, "b": 0.6})
    steps(trainings, "b", a=side("erm", dict(enumerate(read_all(paths)))))
    assert sorted(trainings.asked) == [("b", 0), ("b", 1), ("b", 2), ("erm", 2)]


def test_what_is_known_by_records_alone_cannot_go_on(tmp_path):
    with pytest.raises(MixBenchError, match="needed seed 0 of mine, which is known by its records alone"):
        steps(Trainings({"b": 0.1}), "b", a=Side("mine", "mine", {}))


def test_other_labels_of_a_training_are_refused():
    class Other(Trainings):
        def draw(self, spec, seed):
            return outcomes(labels=np.full(360, seed, dtype=np.uint16))

    with pytest.raises(MixBenchError, match="got other labels in a, seed 1 than in a, seed 0"):
        steps(Other({"a": 0.1, "b": 0.1}), "b")


def train_for(runs, measure="clean.top1_error"):
    suite = load_suite(suite_path())
    venue = engine_named("local").venue(runs)
    return trainer(suite, suite.backbone, BY_NAME[measure], "cpu", venue, live_progress, 1)


def test_what_lies_in_the_runs_folder_is_not_made_again(tmp_path):
    runs = copied_runs(tmp_path)
    store = runs / "store"
    before = sorted(store.rglob("*"))
    made = train_for(runs, "noise50.test_error_last")([("cutmix", 0)])["cutmix", 0]
    assert [path for path in sorted(store.rglob("*")) if "locks" not in path.parts] == [
        path for path in before if "locks" not in path.parts
    ]
    readings = json.loads(finished_record().read_text())["readings"]
    for name in ("clean.top1_error", "noise50.test_error_last", "between.miss_mixup", "ifgsm.white.eps_area"):
        reading = BY_NAME[name].compute(made)
        assert (reading and reading.value) == (readings[name]["value"] if name in readings else None), name


def test_from_the_command_line_only_what_the_measure_needs_is_trained(mixbench, tmp_path):
    runs = shutil.copytree(finished_runs(), tmp_path / "runs")
    for seed in range(3):
        write_drawn(runs, suite_path(), "erm", seed, outcomes())
    words = ("--suite", suite_path(), "--runs", runs, "--until-decided", "--most-seeds", 3, "--device", "cpu")
    said = mixbench("compare", "cutmix", "erm", *words)
    assert said.code == 0, said.err
    trainings = [json.loads(path.read_text())["spec"] for path in (runs / "store" / "trainings").glob("*/manifest")]
    kept = [json.loads(p.read_text())["spec"] for p in (finished_runs() / "store" / "trainings").glob("*/manifest")]
    new = [(spec["augmentation"], spec["seed"], spec["noise"]) for spec in trainings if spec not in kept]
    assert sorted(new) == [(AUG, 1, 0.0), (AUG, 2, 0.0)]
    rule, look, verdict = said.out.splitlines()
    assert rule.startswith("cutmix against erm, clean.top1_error: looks after each seed from 3 to 3")
    assert re.match(r"cutmix − erm, 3 seeds: [+-]?\d+\.\d points", look)
    assert verdict.startswith("cutmix in clean.top1_error after 3 seeds: ")
    again = mixbench("compare", "cutmix", "erm", *words, "--json")
    (entry,) = json.loads(again.out)
    assert entry["verdict"] in verdict
    assert "torch" in sys.modules
