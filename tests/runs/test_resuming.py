"""A request whose training was killed, or told to stop, goes on inside it; a full disk begins nothing more."""

import errno
import os
import signal
import sys

import pytest
from children import last_words, started, wait_until
from tiny import FEW, files_of, plan_of, write_suite

from mixbench.runs import engine
from mixbench.runs.jobs.job import Job
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.schedule import Schedule
from mixbench.runs.store import Store, storage_errors
from mixbench.runs.worker import FULL, Message, end_of
from mixbench.spec.errors import StorageFull

OWN = """
import select
from pathlib import Path

from mixbench.spec.stopping import told

HERE = Path(__file__).parent
SEEN = []

class Waits:
    def mix(self, images, targets, rng):
        SEEN.append(len(images))
        if SEEN.count(80) == 2 and (HERE / "wait").exists():
            (HERE / "waits").touch()
            while not told():
                select.select([], [], [], 0.01)
        return images.roll(1, 0), targets
"""
OFTEN = ("[battery]\n", "[execution]\ncheckpoint_minutes = 1e-9\n\n[battery]\n")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A folder with a suite, a method that waits in its second step where it is told to, and its training's bits."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "own.py").write_text(OWN)
    write_suite(folder, *FEW, OFTEN)
    job = model_job(folder)
    assert engine.run([job], folder / "runs", lambda job, message: None, workers=1) == engine.Outcome()
    assert list((folder / "runs").glob("store/checkpoints/*")) == []
    return folder, files_of(folder / "runs")


def model_job(folder) -> TrainJob:
    """The training of the method itself, without noise."""
    jobs = plan_of(folder / "tiny.toml", f"{folder / 'own.py'}:Waits").jobs
    return next(job for job in jobs if isinstance(job, TrainJob) and job.runs_own_code and not job.spec.noise)


def ended_while_it_waits(folder, runs, end) -> tuple[int, str, str]:
    """Start the request, end it while its training waits in its second step, and return exit code and words."""
    command = [sys.executable, "-m", "mixbench", "eval", "--aug", f"{folder / 'own.py'}:Waits", "--device", "cpu"]
    (folder / "wait").touch()
    try:
        process = started([*command, "--suite", str(folder / "tiny.toml"), "--runs", str(runs)], cwd=folder)
        wait_until((folder / "waits").exists, process)
        end(process)
        out, err = last_words(process)
    finally:
        (folder / "wait").unlink()
        (folder / "waits").unlink(missing_ok=True)
    return process.returncode, out, err


def goes_on(folder, runs) -> list[str]:
    """Train what is left and return what was said."""
    said: list[str] = []

    def listen(job: Job, message: Message) -> None:
        if message.what == "progress" and "says" in message.content:
            said.append(message.content["says"])

    job = model_job(folder)
    assert engine.run([job], runs, listen, workers=1) == engine.Outcome()
    assert not Store(runs).folder("checkpoints", job.digest).exists()
    return said


def trained(folder, runs) -> dict[str, bytes]:
    digest = model_job(folder).digest
    return {name: content for name, content in files_of(runs).items() if name.startswith(digest)}


@pytest.mark.skipif(os.name == "nt", reason="kills with -9")
def test_killed_with_9_in_mid_training_it_goes_on_after_the_last_step_that_was_kept(tmp_path, undisturbed):
    folder, expected = undisturbed
    code, _, _ = ended_while_it_waits(folder, tmp_path, lambda process: os.killpg(process.pid, signal.SIGKILL))
    assert code == -signal.SIGKILL
    assert goes_on(folder, tmp_path) == ["goes on in epoch 1, after step 1"]
    assert trained(folder, tmp_path) == expected


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM")
@pytest.mark.parametrize("to", ["the command alone", "all of its processes"])
def test_told_to_stop_it_keeps_the_step_and_ends_with_its_line(to, tmp_path, undisturbed):
    folder, expected = undisturbed

    def end(process):
        (os.kill if to == "the command alone" else os.killpg)(process.pid, signal.SIGTERM)

    code, out, err = ended_while_it_waits(folder, tmp_path, end)
    line = "mixbench: interrupted; what was finished is kept, the same command goes on from there"
    assert (code, out, err.splitlines()) == (143, "", [line])
    assert goes_on(folder, tmp_path) == ["goes on in epoch 1, after step 2"]
    assert trained(folder, tmp_path) == expected


def test_after_a_full_disk_nothing_more_is_handed_out_and_what_runs_may_end(tmp_path):
    first, second, third, *rest = [job for job in plan_of(write_suite(tmp_path), "cutmix").jobs if not job.guard]
    schedule = Schedule([first, second, third, *rest])
    running = [schedule.next(), schedule.next()]
    told = schedule.end(running[0], Message(FULL, running[0].digest, "no space"))
    assert told == Message("failed", running[0].digest, "no space")
    assert schedule.next() is None
    schedule.end(running[1], Message("done", running[1].digest))
    assert schedule.next() is None
    assert schedule.outcome.failed == {running[0].digest: "no space"}
    assert schedule.outcome.unmade == {job.digest for job in (first, second, third, *rest)} - {running[1].digest}


def test_a_full_disk_is_told_apart_from_a_forbidden_one(tmp_path):
    with pytest.raises(StorageFull, match="No space left"), storage_errors(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(Exception, match="Permission denied") as caught, storage_errors(tmp_path):
        raise OSError(errno.EACCES, "Permission denied")
    assert not isinstance(caught.value, StorageFull)


def test_a_worker_says_which_failure_is_the_disks(tmp_path):
    class Full(TrainJob):
        def make(self, store, report):
            raise StorageFull("runs folder: full")

    job = next(job for job in plan_of(write_suite(tmp_path), "erm").jobs if isinstance(job, TrainJob))
    full = Full(title=job.title, training=job.training)
    assert end_of(full, lambda: full.do(Store(tmp_path))) == Message(FULL, job.digest, "runs folder: full")
