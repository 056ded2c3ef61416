"""What a job keeps on the way: it lies in the shared folder before the job ends, and goes with it."""

from threading import Event

import pytest
from children import LIMIT
from errands import Errand
from tiny import files_of, finished_runs, plan_of, write_suite

pytest.importorskip("fsspec", reason="needs the extra ray")

from mixbench.runs.cluster import keeping as module
from mixbench.runs.cluster.keeping import keeping
from mixbench.runs.cluster.node import work
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError
from mixbench.training.checkpoint import Checkpoint

PLACE = "store/checkpoints/a"


@pytest.fixture
def shared(tmp_path, monkeypatch) -> Shared:
    monkeypatch.setattr(module, "EVERY", 0.001)
    return Shared(f"memory://{tmp_path.name}")


@pytest.fixture
def published(monkeypatch):
    """Tells of each file that was published."""
    there, publish = Event(), Shared.publish

    def told(self, name, folder):
        publish(self, name, folder)
        there.set()

    monkeypatch.setattr(Shared, "publish", told)
    return there


def test_what_is_kept_lies_there_meanwhile_is_renewed_and_goes(shared, tmp_path, published):
    file = tmp_path / PLACE / "state"
    with keeping([PLACE], shared, tmp_path):
        file.parent.mkdir(parents=True)
        for content in (b"one", b"three"):
            published.clear()
            file.with_suffix(".partial").write_bytes(content)
            file.with_suffix(".partial").replace(file)
            assert published.wait(LIMIT)
            assert shared.read([f"{PLACE}/state"]) == {f"{PLACE}/state": content}
        assert list(shared.names()) == [f"{PLACE}/state"]
        file.unlink()
    assert shared.names() == {}


def test_what_a_job_kept_before_it_failed_stays_and_comes_to_the_next(shared, tmp_path):
    def fails():
        (tmp_path / "1" / PLACE).mkdir(parents=True)
        (tmp_path / "1" / PLACE / "state").write_bytes(b"so far")
        raise MixBenchError("told to stop")

    with pytest.raises(MixBenchError), keeping([PLACE], shared, tmp_path / "1"):
        fails()
    with keeping([PLACE], shared, tmp_path / "2"):
        assert (tmp_path / "2" / PLACE / "state").read_bytes() == b"so far"


def test_a_shared_folder_that_fails_meanwhile_stops_no_job(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(Shared, "publish", lambda self, name, folder: 1 / 0)
    with keeping([PLACE], shared, tmp_path):
        (tmp_path / PLACE).mkdir(parents=True)
        (tmp_path / PLACE / "state").write_bytes(b"so far")


def test_a_training_goes_on_on_another_machine_with_the_same_bits(shared, tmp_path, monkeypatch):
    """The first machine is lost once a step was kept: what it published until then is all that the second has."""
    folder = tmp_path / "suite"
    folder.mkdir()
    suite = write_suite(folder, ("[expected]", "[execution]\ncheckpoint_minutes = 0.000001\n\n[expected]"))
    job = next(job for job in plan_of(suite, "cutmix").jobs if isinstance(job, TrainJob))
    heard, keep = [], Checkpoint.keep

    class Lost(BaseException):
        """Stands for kill -9: nothing is published on the way out."""

    def keep_and_publish(self, *state):
        said = keep(self, *state)
        for name in job.keeps:
            shared.publish(name, tmp_path / "1")
        return said

    def lose(progress):
        if "test_error" in progress:
            raise Lost

    with monkeypatch.context() as lost:
        lost.setattr(module, "_publish", lambda *rest: None)
        lost.setattr(Checkpoint, "keep", keep_and_publish)
        with pytest.raises(Lost):
            work(job, shared, tmp_path / "1", lose)
    assert list(shared.names()) == [f"{job.keeps[0]}/checkpoint.safetensors"]
    work(job, shared, tmp_path / "2", heard.append)
    assert heard[0]["says"].startswith("goes on in epoch 1, after step ")
    (weights,) = shared.read([f"{job.makes[0]}/weights.safetensors"]).values()
    assert weights == files_of(finished_runs())[f"{job.digest}/weights.safetensors"]
    assert shared.names("store/checkpoints") == {}


def test_a_job_that_keeps_nothing_is_not_watched(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "Thread", None)
    work(Errand("a"), shared, tmp_path, lambda progress: None)
    assert Store(tmp_path).find("errands", "a") is not None
