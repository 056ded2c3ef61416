"""What a task does on its machine, without a cluster: inputs come, what it made goes, on an in-memory file system."""

import os

import pytest
from errands import KIND, Errand, upload
from tiny import copied_runs, finished_runs, plan_of, suite_path

pytest.importorskip("fsspec", reason="needs the extra ray")

from mixbench.data import residence
from mixbench.results.record import load_record
from mixbench.runs.cluster import node
from mixbench.runs.cluster.mirror import Mirror
from mixbench.runs.cluster.node import run_task, scratch, work
from mixbench.runs.cluster.resources import GIB
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.transfer import TransferJob
from mixbench.runs.recording import RecordJob
from mixbench.runs.request import unfinished_jobs
from mixbench.spec.errors import MixBenchError

VERSION = node.version("mixbench")


class Heard:
    """Stands for the actor that hears of tasks."""

    def __init__(self):
        self.said, self.tell = [], self

    def remote(self, attempt, message):
        self.said.append((attempt, message.what))


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """A machine with room for three of these errands, by its memory, and no Ray."""
    monkeypatch.setattr(node, "machine", lambda: {"CPU": 4.0, "memory": 3.5 * GIB})
    yield
    residence.share_memory(1)


@pytest.fixture
def shared(tmp_path) -> Shared:
    return Shared(f"memory://{tmp_path.name}")


def test_what_a_job_needs_comes_and_what_it_made_goes(shared, tmp_path):
    for number, job in enumerate([Errand("a"), Errand("b"), Errand("c", needs=("a", "b"))]):
        work(job, shared, tmp_path / str(number), lambda progress: None)
    assert shared.read([f"store/{KIND}/c/said"]) == {f"store/{KIND}/c/said": b"abc"}


def test_what_is_there_already_is_not_made_again(shared, tmp_path, monkeypatch):
    work(Errand("a"), shared, tmp_path / "1", lambda progress: None)
    monkeypatch.setattr(Errand, "do", None)
    work(Errand("a"), shared, tmp_path / "2", lambda progress: None)


def test_a_guard_is_done_though_it_makes_nothing(shared, tmp_path):
    guard = next(job for job in plan_of(suite_path(), "cutmix").jobs if isinstance(job, CheckJob))
    done = []
    monkey = type("Guard", (CheckJob,), {"do": lambda self, store, report: done.append(store)})
    work(monkey(**dict(guard)), shared, tmp_path / "1", lambda progress: None)
    assert len(done) == 1
    assert shared.names() == {}


def test_the_record_is_assembled_far_from_the_driver_with_the_same_outcomes(shared, tmp_path):
    plan = plan_of(suite_path(), "cutmix")
    upload(shared, finished_runs())
    (record,) = (name for name in shared.names() if name.endswith(".json"))
    shared.drop(record)
    job = RecordJob.of(plan, plan.records[0])
    work(job, shared, tmp_path / "task", lambda progress: None)
    assert {name for name in shared.names() if "/" not in name} == set(job.makes)
    shared.fetch(job.makes[0], tmp_path / "home")
    shared.fetch(job.makes[1], tmp_path / "home")
    here, there = load_record(tmp_path / "home" / record), load_record(finished_runs() / record)
    assert (here.readings, here.outcomes, here.flags) == (there.readings, there.outcomes, there.flags)


def test_a_damaged_input_is_one_line_and_missing_from_then_on(shared, tmp_path, monkeypatch):
    monkeypatch.setattr("mixbench.runs.cluster.mirror.cache", lambda: tmp_path / "cache")
    runs, plan = copied_runs(tmp_path), plan_of(suite_path(), "cutmix")
    transfer = next(job for job in plan.jobs if isinstance(job, TransferJob))
    (runs / transfer.reads[0] / "weights.safetensors").write_bytes(b"cut short")
    for path in runs.glob("*.json"):
        path.unlink()
    upload(shared, runs)
    shared.drop(f"{transfer.makes[0]}/manifest")
    with pytest.raises(MixBenchError, match="is damaged; run the same command again"):
        work(transfer, shared, tmp_path / "task", lambda progress: None)
    mirror = Mirror(shared)
    mirror.refresh()
    wanted = [job.digest for job in unfinished_jobs(plan, mirror)]
    assert transfer.surrogate.digest in wanted
    assert transfer.digest in wanted


def test_the_driver_hears_of_start_and_end_and_another_version_is_refused(shared):
    heard = Heard()
    assert [message.what for message in run_task(Errand("a"), shared, 2, heard, VERSION, 1)] == ["started", "done"]
    assert heard.said == [(2, "started")]
    _, message = run_task(Errand("b"), shared, 1, heard, "0.0.0", 1)
    assert message.what == "failed"
    assert f"needed mixbench 0.0.0, the driver's, on {node.platform.node()}, got {VERSION}" in message.content
    assert f"store/{KIND}/b/manifest" not in shared.names()


@pytest.mark.parametrize(("most", "beside"), [(1, b"1"), (2, b"2"), (3, b"3"), (1000, b"3")])
def test_memory_is_shared_with_as_many_as_run_there_at_once(shared, most, beside):
    assert run_task(Errand("a"), shared, 1, Heard(), VERSION, most)[-1].what == "done"
    assert shared.read([f"store/{KIND}/a/beside"]) == {f"store/{KIND}/a/beside": beside}


def test_a_failure_is_a_line_and_a_bug_a_traceback(shared, monkeypatch):
    def refuses(self, store, report):
        raise MixBenchError("no luck")

    monkeypatch.setattr(Errand, "do", refuses)
    assert run_task(Errand("a"), shared, 1, Heard(), VERSION, 1)[-1][::2] == ("failed", "no luck")
    monkeypatch.setattr(Errand, "do", lambda self, store, report: 1 / 0)
    message = run_task(Errand("a"), shared, 1, Heard(), VERSION, 1)[-1]
    assert message.what == "crashed"
    assert "ZeroDivisionError" in message.content


def test_a_tasks_folder_goes_with_it_and_a_killed_ones_with_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(node.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(node.tempfile, "tempdir", str(tmp_path))
    killed, alive = tmp_path / f"{node.SCRATCH}999999999-x", tmp_path / f"{node.SCRATCH}{os.getpid()}-y"
    killed.mkdir()
    alive.mkdir()
    with scratch() as folder:
        assert folder.parent == tmp_path
        assert list(folder.iterdir()) == []
        assert not killed.exists()
        assert alive.exists()
    assert not folder.exists()
