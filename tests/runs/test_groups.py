"""Optional groups of measures: asked for, examined alone on a stored model, named in the record, blank elsewhere."""

import pytest
from tiny import AUG, copied_runs, finished_record, plan_of, suite_path

from mixbench.results.arrays import expected
from mixbench.results.attacks import CORE
from mixbench.results.measures import BY_NAME, MEASURES, OUTCOMES_VERSION
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import load_record
from mixbench.runs.assemble import record_path
from mixbench.runs.plan import plan_spec, with_groups
from mixbench.runs.request import unfinished_jobs
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite


def grouped(*also: str):
    suite = load_suite(suite_path())
    return with_groups(plan_spec(suite, suite.backbone, ["cutmix"], [0], "cpu"), also)


def test_a_group_is_no_part_of_a_plan_unless_asked_for():
    assert [job.kind for job in grouped().jobs].count("groups") == 0
    assert grouped().records == plan_of(suite_path(), "cutmix").records
    assert [job.kind for job in grouped("apgd", "apgd").jobs].count("groups") == 1
    with pytest.raises(MixBenchError, match="Did you mean 'apgd'"):
        grouped("apdg")


def test_a_record_without_a_group_has_none_of_its_measures():
    record = load_record(finished_record())
    assert record.groups == []
    assert record.outcomes.version == OUTCOMES_VERSION
    assert {BY_NAME[name].group for name in record.readings} == {CORE}


def test_a_group_is_examined_alone_and_joins_the_record(tmp_path):
    runs, plan = copied_runs(tmp_path), grouped("apgd")
    path = record_path(plan, plan.records[0], runs)
    before = load_record(path)
    tasks = unfinished_jobs(plan, Store(runs))
    assert sorted(task.kind for task in tasks if not task.guard) == ["groups", "records"]
    for task in tasks:
        task.do(Store(runs))
    after = load_record(path)
    assert after.groups == ["apgd"]
    assert after.augmentation == AUG
    assert {name: reading for name, reading in after.readings.items() if name in before.readings} == before.readings
    assert after.readings.keys() - before.readings.keys() == {row.name for row in MEASURES if row.group == "apgd"}
    outcomes, noises = load_outcomes(path.with_suffix(".npz")), after.label_noise
    assert {row.name for row in expected(("model", *noises), ("apgd",), OUTCOMES_VERSION)} == outcomes.keys()
    error, fixed = after.readings["apgd.white.top1_error"].value, after.readings["ifgsm.white.top1_error"].value
    assert after.readings["apgd.white.gap"].value == pytest.approx(error - fixed)
    assert unfinished_jobs(plan, Store(runs)) == []
    assert unfinished_jobs(plan_of(suite_path(), "cutmix"), Store(runs)) == []
    assert len(list(runs.glob("*.json"))) == 1
