"""The run store: whole or not at all, damage found and mended, one line where the disk does not take it."""

import errno
import os
import resource
import signal
from contextlib import contextmanager

import pytest
from tiny import AUG, copied_runs, finished_runs, leftovers, plan_of, suite_path

from mixbench.runs.assemble import assemble, finished
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.jobs.transfer import TransferJob
from mixbench.runs.store import Store, runs_folder
from mixbench.spec.errors import MixBenchError
from mixbench.spec.whole import write_atomically

FILES = {"weights": b"abc", "outcomes": b"def" * 1000}


@contextmanager
def largest_file(size: int):
    """No file may grow beyond `size` bytes inside, which a full disk feels like, even to root."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture
def store(tmp_path) -> Store:
    made = Store(tmp_path / "runs")
    made.put("trainings", "d1", FILES, title="one", seconds=1.0)
    return made


def test_what_was_put_is_found_with_its_manifest(store):
    manifest = store.find("trainings", "d1")
    assert manifest is not None
    assert (manifest["title"], set(manifest["files"])) == ("one", set(FILES))
    assert {name: (store.folder("trainings", "d1") / name).read_bytes() for name in FILES} == FILES
    assert list(store.manifests("trainings")) == [manifest]
    assert store.find("trainings", "d2") is None
    assert store.find("examinations", "d1") is None


@pytest.mark.parametrize("damage", ["changed", "cut", "missing file", "missing manifest", "longer"])
def test_damage_is_found_and_a_second_put_mends_it(store, damage):
    path = store.folder("trainings", "d1") / ("manifest" if damage == "missing manifest" else "outcomes")
    match damage:
        case "changed":
            path.write_bytes(b"dxf" + b"def" * 999)
        case "cut":
            path.write_bytes(FILES["outcomes"][:-1])
        case "longer":
            path.write_bytes(FILES["outcomes"] + b"x")
        case _:
            path.unlink()
    assert store.find("trainings", "d1") is None
    store.put("trainings", "d1", FILES, title="two")
    found = store.find("trainings", "d1")
    assert found is not None
    assert found["title"] == "two"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"1", b"null", b'"x"', b"{}", b'{"files": []}', b'{"files": {"a": 1}}', b"\xff",
                b"[" * 100_000]
)  # fmt: skip
def test_a_damaged_manifest_means_not_found(store, content):
    (store.folder("trainings", "d1") / "manifest").write_bytes(content)
    assert store.find("trainings", "d1") is None


def test_a_plans_cost_is_told_beside_a_damaged_manifest(tmp_path):
    from mixbench.runs.cost import costs

    runs = copied_runs(tmp_path)
    plan = plan_of(suite_path(), "cutmix")
    for content in (b"[]", b"1", b"{}", b'{"seconds": 1.0}', b"{"):
        job = next(job for job in plan.jobs if isinstance(job, TrainJob))
        (Store(runs).folder(job.kind, job.digest) / "manifest").write_bytes(content)
        assert [cost.cached for cost in costs(plan, Store(runs))].count(False) == 1


def test_what_a_killed_write_left_behind_is_cleared(store):
    partial = store.root / "trainings" / "d2.partial"
    (partial / "sub").mkdir(parents=True)
    (partial / "weights").write_bytes(b"half")
    assert store.find("trainings", "d2") is None
    store.put("trainings", "d2", FILES)
    assert store.find("trainings", "d2") is not None
    assert leftovers(store.runs) == []


def test_a_put_that_fails_leaves_the_old_artefact_and_nothing_else(store):
    before = store.find("trainings", "d1")
    with largest_file(1000), pytest.raises(OSError, match="File too large"):
        store.put("trainings", "d1", FILES)
    assert store.find("trainings", "d1") == before
    with largest_file(1000), pytest.raises(OSError):
        store.put("trainings", "d3", FILES)
    assert store.find("trainings", "d3") is None
    assert leftovers(store.runs) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "record.json"
    write_atomically(path, b"first")
    with largest_file(10), pytest.raises(OSError):
        write_atomically(path, b"second" * 100)
    assert path.read_bytes() == b"first"
    assert [other.name for other in path.parent.iterdir()] == ["record.json"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_is_one_line_and_the_artefact_is_not_there(tmp_path, monkeypatch, code):
    job = plan_of(suite_path(), "cutmix").jobs[1]
    store = Store(tmp_path)

    def refuse(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    monkeypatch.setattr(TrainJob, "make", lambda *args: (FILES, {}))
    with pytest.raises(MixBenchError, match=os.strerror(code)) as caught:
        job.do(store)
    assert str(tmp_path) in str(caught.value)
    assert "--runs" in str(caught.value)
    assert store.find(job.kind, job.digest) is None
    assert leftovers(tmp_path) == []
    assert list((tmp_path / "store").glob("trainings/*")) == []


def test_a_record_that_does_not_fit_on_the_disk_leaves_no_record(tmp_path):
    runs = copied_runs(tmp_path)
    plan = plan_of(suite_path(), "cutmix")
    for path in [*runs.glob("*.json"), *runs.glob("*.npz")]:
        path.unlink()
    with largest_file(2000), pytest.raises(MixBenchError, match="needed to write there"):
        assemble(plan, plan.records[0], runs)
    assert sorted(path.name for path in runs.iterdir()) == ["store"]


def test_a_record_with_damaged_outcomes_is_not_finished_and_is_made_again(tmp_path):
    runs, plan = copied_runs(tmp_path), plan_of(suite_path(), "cutmix")
    before = finished(plan, plan.records[0], runs)
    assert before is not None
    (npz,) = runs.glob("*.npz")
    content = npz.read_bytes()
    npz.write_bytes(content[:-1])
    assert finished(plan, plan.records[0], runs) is None
    assemble(plan, plan.records[0], runs)
    after = finished(plan, plan.records[0], runs)
    assert after is not None
    assert (npz.read_bytes(), after.readings) == (content, before.readings)


def test_where_the_runs_folder_is(monkeypatch, tmp_path):
    monkeypatch.delenv("MIXBENCH_RUNS", raising=False)
    assert str(runs_folder()) == "runs"
    monkeypatch.setenv("MIXBENCH_RUNS", str(tmp_path))
    assert runs_folder() == tmp_path
    assert str(runs_folder("given")) == "given"


def test_a_finished_job_is_not_done_again(monkeypatch):
    plan = plan_of(suite_path(), "cutmix")
    assert plan.records[0].augmentation == AUG
    for kind in (TrainJob, TransferJob, ExamineJob):
        monkeypatch.setattr(kind, "make", None)
    for job in plan.jobs[1:]:
        job.do(Store(finished_runs()))
