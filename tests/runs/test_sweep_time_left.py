"""The time left, worked by hand against a clock that the test moves."""

import json

import pytest
from tiny import plan_of, suite_path, write_suite

from mixbench.runs.cost import costs
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.recording import RecordJob
from mixbench.runs.store import Store
from mixbench.runs.timeleft import TimeLeft, expected_seconds
from mixbench.spec.suite import load_suite


class Clock:
    """A clock that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def plan():
    return plan_of(suite_path(), "cutmix")


@pytest.fixture
def clock():
    return Clock()


def trainings(plan):
    return [job for job in plan.jobs if isinstance(job, TrainJob)]


def test_without_any_knowledge_nothing_is_claimed_until_an_epoch_is_done(plan, clock):
    left = TimeLeft(plan.jobs, workers=1, clock=clock)
    model, *_ = trainings(plan)
    assert left.seconds() is None
    left.started(model)
    clock.now += 3
    assert left.seconds() is None
    left.reached(model, 0.5)
    # 3 s an epoch; of 1 + 5 trainings of 2 + 2 jobs of 3 = 17 epochs, 16 are left.
    assert left.seconds() == 48
    clock.now += 5
    left.over(model, done=True)
    assert left.seconds() == 15 * 8 / 2


def test_what_is_expected_is_corrected_by_how_it_goes_and_shared_by_the_workers(plan, clock):
    jobs = trainings(plan)
    left = TimeLeft(jobs, {job.digest: 10.0 for job in jobs}, workers=2, clock=clock)
    assert left.seconds() == 25
    left.started(jobs[0])
    left.started(jobs[1])
    clock.now += 20
    left.over(jobs[0], done=True)
    left.reached(jobs[1], 0.5)
    # 15 expected seconds took 40; 35 expected ones are left for two workers.
    assert left.seconds() == pytest.approx(35 * (40 / 15) / 2)


def test_a_quick_record_says_nothing_about_trainings(plan, clock):
    record, jobs = RecordJob.of(plan, plan.records[0]), trainings(plan)
    left = TimeLeft([record, *jobs], {record.digest: 2.0} | {job.digest: 3600.0 for job in jobs}, 1, clock)
    left.started(record)
    clock.now += 0.1
    left.over(record, done=True)
    assert left.seconds() == 5 * 3600


def test_one_job_without_an_expectation_leaves_the_epochs_to_count(plan, clock):
    jobs = trainings(plan)
    left = TimeLeft(jobs, {job.digest: 10.0 for job in jobs[1:]}, workers=1, clock=clock)
    assert left.seconds() is None
    left.started(jobs[0])
    clock.now += 6
    left.over(jobs[0], done=True)
    assert left.seconds() == 24


def test_a_failure_takes_what_needs_it_along_and_teaches_nothing(plan, clock):
    jobs = [*plan.jobs, RecordJob.of(plan, plan.records[0])]
    left = TimeLeft(jobs, {job.digest: 10.0 for job in jobs}, workers=1, clock=clock)
    assert left.seconds() == 90
    surrogate = next(job for job in trainings(plan) if job.title == "erm, the surrogate")
    left.started(surrogate)
    clock.now += 500
    left.over(surrogate, done=False)
    # Gone with it: transfer examples, examination, record; left: the check and four trainings.
    assert left.seconds() == 50


def test_the_check_teaches_nothing_and_ends_all_where_it_fails(plan, clock):
    check = next(job for job in plan.jobs if isinstance(job, CheckJob))
    known = {job.digest: 10.0 for job in plan.jobs}
    left = TimeLeft(plan.jobs, known, workers=1, clock=clock)
    left.started(check)
    clock.now += 500
    left.over(check, done=True)
    assert left.seconds() == 70
    left = TimeLeft(plan.jobs, known, workers=1, clock=clock)
    left.over(check, done=False)
    assert left.seconds() == 0


def test_seconds_are_expected_from_the_store_first_and_by_augmentation_before_by_cost(plan, tmp_path):
    store, suite = Store(tmp_path), load_suite(suite_path())
    jobs = trainings(plan)
    assert expected_seconds(jobs, suite, suite.backbone, store) == {job.digest: 1.0 for job in jobs}
    assert expected_seconds(jobs, suite, "another", store) == {}
    for number, (augmentation, seconds) in enumerate(
        [("mixup", 50.0), ("mixup", 70.0), (jobs[0].spec.augmentation, 8.0)]
    ):
        about = {"seconds": seconds, "family": jobs[0].spec.family, "spec": {"augmentation": augmentation}}
        store.put("trainings", f"d{number}", {}, **about)
    for number, content in enumerate(["[]", "{", json.dumps({"family": jobs[0].spec.family, "seconds": "x"})]):
        (store.folder("trainings", f"bad{number}")).mkdir()
        (store.folder("trainings", f"bad{number}") / "manifest").write_text(content)
    found = expected_seconds(plan.jobs, suite, suite.backbone, store)
    assert {found[job.digest] for job in jobs if job.spec.augmentation == jobs[0].spec.augmentation} == {8.0}
    assert {found[job.digest] for job in jobs if job.spec.augmentation == "erm"} == {50.0}
    assert [found[job.digest] for job in plan.jobs if isinstance(job, ExamineJob)] == [1.0]


def test_a_method_that_was_never_timed_is_expected_by_its_passes(tmp_path):
    """RegMixup sends two batches through the model a step, RankMixup four, SnapMix one more without gradients."""
    plan = plan_of(suite_path(), "cutmix", "regmixup", "rankmixup", "snapmix")
    store, jobs = Store(tmp_path), [job for job in trainings(plan) if not job.spec.noise]
    by_name = {job.spec.augmentation.partition("(")[0]: job for job in jobs}
    assert set(by_name) == {"cutmix", "regmixup", "rankmixup", "snapmix", "erm"}
    evaluated, steps = 2 * 360 + 1437 + 360, 2 * 1437
    weights = {"erm": 3, "cutmix": 3, "regmixup": 6, "rankmixup": 12, "snapmix": 4}
    one = evaluated + 3 * steps
    for found, unit in (({}, 1.0), ({"cutmix": 10.0, "mixup": 30.0, "gone(x=1)": 20.0}, 20.0)):
        for name, seconds in found.items():
            about = {"seconds": seconds, "family": jobs[0].spec.family, "spec": {"augmentation": name}}
            store.put("trainings", name, {}, **about)
        expected = expected_seconds(jobs, plan.suite, plan.backbone, store)
        for name, job in by_name.items():
            assert expected[job.digest] == pytest.approx(unit * (evaluated + weights[name] * steps) / one), name


def test_the_plan_and_the_time_left_expect_the_same(tmp_path):
    plan = plan_of("digits", "cutmix")
    expected = expected_seconds(plan.jobs, plan.suite, plan.backbone, Store(tmp_path))
    assert {cost.digest: cost.seconds for cost in costs(plan, Store(tmp_path))}.items() <= expected.items()


def test_another_budget_is_another_cost(plan, tmp_path):
    store, longer = Store(tmp_path), write_suite(tmp_path, ("epochs = 2", "epochs = 20"))
    job = trainings(plan)[0]
    store.put("trainings", "d", {}, seconds=99.0, family=job.spec.family, spec={"augmentation": job.spec.augmentation})
    other = trainings(plan_of(longer, "cutmix"))
    suite = load_suite(longer)
    assert set(expected_seconds(other, suite, suite.backbone, store).values()) == {1.0}


def test_what_was_done_before_a_training_goes_on_says_nothing_of_its_pace(plan, clock):
    left = TimeLeft(plan.jobs, workers=1, clock=clock)
    model, other, *_ = trainings(plan)
    left.started(model)
    left.goes_on(model, 0.5)
    assert left.seconds() is None
    clock.now += 4
    left.reached(model, 1.0)
    # 4 s an epoch; of 17 epochs, 15 are left.
    assert left.seconds() == 60
    left.over(model, done=True)
    left.started(other)
    assert left.seconds() == 60


def test_an_engine_that_runs_more_at_once_than_was_known_shares_the_time(plan, clock):
    jobs = [job for job in plan.jobs if job.computes][:4]
    left = TimeLeft(jobs, {job.digest: 10.0 for job in jobs}, 1, clock)
    assert left.seconds() == 40.0
    left.started(jobs[0])
    left.started(jobs[1])
    assert left.seconds() == 20.0
    left.started(jobs[1])
    assert left.seconds() == 20.0
