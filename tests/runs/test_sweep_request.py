"""A request's tasks: records as soon as they can be, nothing checked twice, what is damaged made again."""

from collections import Counter

import pytest
from tiny import copied_runs, files_of, finished_runs, leftovers, plan_of, suite_path

from mixbench.results.record import load_record
from mixbench.runs import engine
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.jobs.transfer import TransferJob
from mixbench.runs.recording import RecordJob, with_records
from mixbench.runs.request import carry_out, unfinished_jobs
from mixbench.runs.schedule import Schedule
from mixbench.runs.store import Store
from mixbench.runs.worker import Message


def quiet(task, message):
    """Hear and say nothing."""


@pytest.fixture(scope="module")
def grid():
    return plan_of(suite_path(), "cutmix", "cutout", seeds=(0, 1))


@pytest.fixture
def found(monkeypatch):
    """Count the artefacts that are checked against their SHA-256 and found whole."""
    counts, find = Counter(), Store.find

    def counting(store, kind, digest):
        manifest = find(store, kind, digest)
        counts[kind, digest] += manifest is not None
        return manifest

    monkeypatch.setattr(Store, "find", counting)
    return counts


def without_record(folder):
    runs = copied_runs(folder)
    for path in [*runs.glob("*.json"), *runs.glob("*.npz")]:
        path.unlink()
    return runs


def test_a_record_comes_right_after_the_last_job_it_needs(grid, tmp_path):
    tasks = unfinished_jobs(grid, Store(tmp_path))
    assert Counter(type(task) for task in tasks) == {
        CheckJob: 1, TrainJob: 1 + 4 * 4, TransferJob: 1, ExamineJob: 4, RecordJob: 4,
    }  # fmt: skip
    places = {task.digest: place for place, task in enumerate(tasks)}
    assert len(places) == len(tasks)
    for record in (task for task in tasks if isinstance(task, RecordJob)):
        needed = [places[digest] for digest in record.needs]
        assert places[record.digest] == max(needed) + 1
        assert len(needed) == 6


def test_records_of_no_job_in_the_list_still_come(grid):
    records = [RecordJob.of(grid, record) for record in grid.records]
    assert with_records([], records) == records


def test_shared_trainings_are_asked_for_once_and_finished_ones_not_at_all(grid):
    runs = finished_runs()
    tasks = unfinished_jobs(grid, Store(runs))
    assert Counter(type(task) for task in tasks) == {CheckJob: 1, TrainJob: 3 * 4, ExamineJob: 3, RecordJob: 3}


def test_a_finished_request_opens_no_artefact_and_starts_nobody(monkeypatch, found):
    monkeypatch.setattr(engine, "serving", None)
    plan = plan_of(suite_path(), "cutmix")
    assert unfinished_jobs(plan, Store(finished_runs())) == []
    assert len(carry_out(plan, finished_runs(), quiet).whole()) == 1
    assert not found


def test_going_on_checks_each_artefact_once_before_the_jobs_and_makes_no_second_one(tmp_path, found):
    runs, plan = without_record(tmp_path), plan_of(suite_path(), "cutmix")
    tasks = unfinished_jobs(plan, Store(runs))
    assert [type(task) for task in tasks] == [RecordJob]
    assert set(found.values()) == {1}
    assert len(found) == 7
    heard = []
    (path,) = carry_out(plan, runs, lambda task, message: heard.append((task.kind, message.what)), tasks).whole()
    assert heard == [("records", "started"), ("records", "done")]
    assert set(found.values()) == {1}
    assert load_record(path).readings == load_record(next(finished_runs().glob("*.json"))).readings
    assert path.with_suffix(".npz").read_bytes() == next(finished_runs().glob("*.npz")).read_bytes()


def test_a_damaged_artefact_of_a_missing_record_is_made_again(tmp_path):
    runs, plan = without_record(tmp_path), plan_of(suite_path(), "cutmix")
    job = next(job for job in plan.jobs if isinstance(job, TransferJob))
    damaged = Store(runs).folder(job.kind, job.digest) / "examples.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    tasks = unfinished_jobs(plan, Store(runs))
    assert [type(task) for task in tasks] == [CheckJob, TransferJob, RecordJob]


def test_a_record_job_clears_what_a_killed_write_left_and_is_done_once(tmp_path):
    runs, plan = without_record(tmp_path), plan_of(suite_path(), "cutmix")
    job = RecordJob.of(plan, plan.records[0])
    for end in (".json", ".npz"):
        (runs / f".{job.path(runs).with_suffix(end).name}.123.partial").write_bytes(b"half")
    job.do(Store(runs))
    assert leftovers(runs) == []
    before = job.path(runs).stat().st_mtime_ns
    job.do(Store(runs))
    assert job.path(runs).stat().st_mtime_ns == before
    job.path(runs).with_suffix(".npz").write_bytes(b"damaged")
    job.do(Store(runs))
    assert job.is_done(Store(runs))


def test_an_artefact_that_went_missing_fails_its_record_alone(tmp_path):
    runs, plan = without_record(tmp_path), plan_of(suite_path(), "cutmix")
    job = RecordJob.of(plan, plan.records[0])
    examination = plan.records[0].examination
    (Store(runs).folder(examination.kind, examination.digest) / "outcomes.npz").unlink()
    result = carry_out(plan, runs, quiet, [job])
    assert result.paths == []
    assert "is missing or damaged" in result.outcome.failed[job.digest]
    assert list(runs.glob("*.json")) == []
    assert files_of(runs) == files_of(finished_runs())


def failing(title: str):
    """An engine whose jobs of one title fail, and with them what needs them."""

    def run(tasks, runs, listen, workers):
        schedule = Schedule(tasks)
        for task in tasks:
            if task.title == title:
                schedule.end(task, Message("failed", task.digest, f"{title}: no luck"))
        return schedule.outcome

    return run


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_what_cannot_be_tried_is_known_in_any_order_and_the_rest_is_kept(grid, tmp_path, order):
    tasks = unfinished_jobs(grid, Store(tmp_path))[::order]
    result = carry_out(grid, tmp_path, quiet, tasks, run=failing("cutout, 50% noise, seed 1"))
    assert [path.name.rsplit("-", 1)[0] for path in result.paths] == [
        "tiny-test_resnet-cutmix-seed0", "tiny-test_resnet-cutmix-seed1", "tiny-test_resnet-cutout-seed0",
    ]  # fmt: skip
    assert len(result.outcome.unmade) == 2
    lost = carry_out(grid, tmp_path, quiet, tasks, run=failing("erm, the surrogate"))
    assert lost.paths == []
    assert len(lost.outcome.unmade) == 1 + 1 + 4 + 4
