"""The engine: equal bits in any order, once across processes, failures that stop nobody else."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from children import LIMIT
from crowd import train_beside_another
from tiny import files_of, finished_runs, leftovers, plan_of, suite_path, write_suite

from mixbench.results.record import load_record
from mixbench.runs import engine
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.jobs.transfer import TransferJob
from mixbench.runs.request import carry_out, raise_failures, unfinished_jobs
from mixbench.runs.schedule import Outcome
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError


def quiet(job, message):
    """Hear and say nothing."""


def training(aug: str, suite=None) -> TrainJob:
    return next(job for job in plan_of(suite or suite_path(), aug).jobs if isinstance(job, TrainJob))


@pytest.fixture(scope="module")
def reversed_runs(tmp_path_factory):
    """The finished runs' request once more: by worker processes, the noisy trainings first, and what was heard."""
    runs, plan = tmp_path_factory.mktemp("reversed"), plan_of(suite_path(), "cutmix")
    heard: list[tuple[str, str]] = []
    engine.run(plan.jobs[::-1], runs, lambda job, message: heard.append((job.title, message.what)), workers=2)
    (record,) = carry_out(plan, runs, quiet).whole()
    return runs, record, heard


def test_another_order_and_other_processes_give_equal_bits(reversed_runs):
    runs, _, _ = reversed_runs
    for kind in ("trainings", "transfer", "examinations"):
        expected, found = files_of(finished_runs(), kind), files_of(runs, kind)
        assert expected.keys() == found.keys()
        assert [name for name in expected if expected[name] != found[name]] == []


def test_another_order_gives_equal_readings_and_outcomes(reversed_runs):
    _, path, _ = reversed_runs
    (other,) = finished_runs().glob("*.json")
    first, second = load_record(path), load_record(other)
    assert (first.readings, first.curves, first.flags) == (second.readings, second.curves, second.flags)
    assert first.outcomes == second.outcomes
    assert path.name == other.name


def test_the_check_comes_first_and_every_job_is_told_of(reversed_runs):
    _, _, heard = reversed_runs
    assert [what for _, what in heard if what in ("failed", "crashed")] == []
    assert heard[:2] == [("check data and models", "started"), ("check data and models", "done")]
    assert sum(what == "done" for _, what in heard) == 8
    assert sum(what == "progress" for _, what in heard) == 5 * 2


def test_nothing_is_left_to_do_and_nobody_is_started(reversed_runs, monkeypatch):
    runs, record, _ = reversed_runs
    plan = plan_of(suite_path(), "cutmix")
    monkeypatch.setattr(engine, "serving", None)
    before = record.stat().st_mtime_ns
    assert unfinished_jobs(plan, Store(runs)) == []
    assert engine.run(plan.jobs, runs, quiet) == Outcome()
    assert carry_out(plan, runs, quiet).whole() == [record]
    assert record.stat().st_mtime_ns == before


def test_two_processes_that_want_one_training_train_it_once(tmp_path):
    context = multiprocessing.get_context("forkserver")
    together, job = context.Barrier(2), training("cutout")
    crowd = [context.Process(target=train_beside_another, args=(job, tmp_path / "runs", together)) for _ in range(2)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(LIMIT)
    assert [process.exitcode for process in crowd] == [0, 0]
    logs = sorted(path.read_text().count("epoch") for path in tmp_path.glob("log-*"))
    assert logs == [0, 2]
    assert Store(tmp_path / "runs").find("trainings", job.digest) is not None
    assert leftovers(tmp_path) == []


def test_a_training_whose_loss_is_no_number_ends_alone(tmp_path):
    suite = write_suite(tmp_path, ("learning_rate = 0.006", "learning_rate = 1e30"))
    bad, good = training("erm", suite), training("erm")
    outcome = engine.run([bad, good], tmp_path / "runs", quiet, workers=1)
    assert set(outcome.failed) == outcome.unmade == {bad.digest}
    line = outcome.failed[bad.digest]
    assert len(line.splitlines()) == 1
    assert "the loss became" in line
    assert "at epoch 1, step " in line
    store = Store(tmp_path / "runs")
    assert store.find("trainings", bad.digest) is None
    assert store.find("trainings", good.digest) is not None
    assert leftovers(tmp_path) == []


def test_a_last_step_that_ruins_the_weights_is_divergence_too(tmp_path):
    changes = (("learning_rate = 0.006", "learning_rate = 1e38"), ("epochs = 2", "epochs = 1"),
               ("batch_size = 480", "batch_size = 1437"), ("warmup_epochs = 0.7", "warmup_epochs = 0"))  # fmt: skip
    ruined = training("erm", write_suite(tmp_path, *changes))
    outcome = engine.run([ruined], tmp_path / "runs", quiet, workers=1)
    assert set(outcome.failed) == {ruined.digest}
    assert Store(tmp_path / "runs").find("trainings", ruined.digest) is None


def test_what_needs_a_failed_job_is_not_tried_and_the_rest_is(tmp_path):
    changes = (("learning_rate = 0.006", "learning_rate = 1e30"),)
    plan = plan_of(write_suite(tmp_path, *changes), "erm")
    started = []
    with pytest.raises(MixBenchError, match=r"at epoch 1, step \d+.* \(and 4 more failed\)$"):
        carry_out(
            plan, tmp_path / "runs", lambda job, message: started.append(job) if message.what == "started" else None
        ).whole()
    assert sum(isinstance(job, TrainJob) for job in started) == 5
    assert not any(isinstance(job, (TransferJob, ExamineJob)) for job in started)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["store"]


@pytest.mark.parametrize(
    ("reasons", "said"), [("aaaa", "a"), ("abba", "a (and 1 more failed)"), ("abcb", "a (and 2 more failed)")]
)
def test_one_fault_of_several_trainings_is_said_once(reasons, said):
    with pytest.raises(MixBenchError) as caught:
        raise_failures(Outcome({str(number): reason for number, reason in enumerate(reasons)}))
    assert str(caught.value) == said


def test_a_failed_check_stops_everything_before_any_training(tmp_path):
    suite = write_suite(tmp_path, ("train_images = 1437", "train_images = 1436"))
    started = []
    with pytest.raises(MixBenchError, match=r"needed \(train images.*mend the suite's \[data\]") as caught:
        carry_out(plan_of(suite, "cutmix"), tmp_path / "runs", lambda job, message: started.append(job)).whole()
    assert str(caught.value).count("train images") == 1
    assert {type(job) for job in started} == {CheckJob}


def test_a_killed_worker_costs_its_job_alone_and_the_same_request_goes_on(tmp_path):
    first, second = training("cutmix"), training("cutout")

    def kill_first(job, message):
        if message.what == "progress" and job.digest == first.digest:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)

    outcome = engine.run([first, second], tmp_path, kill_first, workers=1)
    assert set(outcome.failed) == {first.digest}
    assert "its process was killed" in outcome.failed[first.digest]
    assert Store(tmp_path).find("trainings", first.digest) is None
    assert Store(tmp_path).find("trainings", second.digest) is not None
    assert engine.run([first, second], tmp_path, quiet, workers=1) == Outcome()
    (folder,) = (tmp_path / "store" / "trainings").glob(first.digest)
    weights = (folder / "weights.safetensors").read_bytes()
    assert weights == files_of(finished_runs())[f"{first.digest}/weights.safetensors"]


def test_an_idle_worker_that_was_killed_is_replaced(tmp_path):
    first, second = training("cutmix"), training("cutout")

    def kill_idle(job, message):
        if message.what == "done" and job.digest == first.digest:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)
                child.join()

    outcome = engine.run([first, second], tmp_path, kill_idle, workers=1)
    assert outcome == Outcome()
    assert Store(tmp_path).find("trainings", second.digest) is not None


def test_workers_fill_the_cores_by_their_threads(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    jobs = plan_of(suite_path(), "cutmix").jobs
    assert engine.workers_for(jobs) == 7
    threads = write_suite(tmp_path, ("threads = 1", "threads = 3"))
    assert engine.workers_for(plan_of(threads, "cutmix").jobs) == 2
    many = write_suite(tmp_path, ("threads = 1", "threads = 99"))
    assert engine.workers_for(plan_of(many, "cutmix").jobs) == 1
    assert engine.workers_for([]) == 1


OWN = """
import os
import torch

class Meddles:
    def prepare(self, model):
        torch.set_default_dtype(torch.float64)
        os.chdir("/")

    def mix(self, images, targets, rng):
        torch.set_num_threads(2)
        torch.set_grad_enabled(True)
        return images.float(), targets
"""


def test_what_an_own_method_changes_in_its_process_reaches_no_other_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(OWN)
    own, ours = training("own.py:Meddles"), training("cutmix")
    outcome = engine.run([own, ours], Path("runs"), quiet, workers=1)
    assert ours.digest not in outcome.unmade
    weights = (Store(Path("runs")).folder(ours.kind, ours.digest) / "weights.safetensors").read_bytes()
    assert weights == files_of(finished_runs())[f"{ours.digest}/weights.safetensors"]
