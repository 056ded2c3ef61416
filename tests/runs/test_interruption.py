"""The command line killed in mid-training and interrupted: no orphans, nothing retrained, equal bits at the end."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from children import last_words, started, wait_until
from tiny import files_of, finished_runs, leftovers, plan_of, suite_path

from mixbench.runs.request import carry_out
from mixbench.runs.store import Store

INTERRUPTED = "mixbench: interrupted; what was finished is kept, the same command goes on from there"


def evaluation(runs, aug="cutmix", **settings) -> subprocess.Popen[str]:
    """Start the finished runs' request, or another augmentation's."""
    command = [sys.executable, "-m", "mixbench", "eval", "--aug", aug, "--suite", str(suite_path())]
    environment = {**os.environ, "COLUMNS": "300", **settings}
    return started([*command, "--runs", str(runs)], stdin=subprocess.PIPE, cwd=runs.parent, env=environment)


@contextmanager
def held_up(runs):
    """Keep the last training, and so the request, from ending, as another process that makes it would."""
    last = [job for job in plan_of(suite_path(), "cutmix").jobs if job.kind == "trainings"][-1]
    with Store(runs).lock(last.kind, last.digest):
        yield


def written(runs) -> dict[str, int]:
    """When each finished training was written."""
    return {
        str(path): path.stat().st_mtime_ns
        for path in runs.glob("store/trainings/*/*")
        if ".partial" not in str(path) and (path.parent / "manifest").exists()
    }


def assert_goes_on_to_equal_bits(runs, finished_before: dict[str, int]) -> None:
    carry_out(plan_of(suite_path(), "cutmix"), runs, lambda job, message: None).whole()
    after = written(runs)
    assert {path: after[path] for path in finished_before} == finished_before
    for kind in ("trainings", "examinations"):
        assert files_of(runs, kind) == files_of(finished_runs(), kind)
    assert leftovers(runs) == []
    assert len(list(runs.glob("*.json"))) == 1


def test_killing_the_parent_leaves_no_orphans_and_the_rest_goes_on(tmp_path):
    runs = tmp_path / "runs"
    with held_up(runs):
        process = evaluation(runs)
        wait_until(lambda: bool(written(runs)), process)
        process.kill()
        last_words(process)
        before = written(runs)
    assert_goes_on_to_equal_bits(runs, before)


def test_an_interrupt_ends_with_130_in_one_line_and_keeps_what_was_finished(tmp_path):
    runs = tmp_path / "runs"
    with held_up(runs):
        process = evaluation(runs)
        wait_until(lambda: bool(written(runs)), process)
        before = written(runs)
        os.killpg(process.pid, signal.SIGINT)
        out, err = last_words(process)
    assert (process.returncode, out, err.splitlines()) == (130, "", [INTERRUPTED])
    assert {path: written(runs)[path] for path in before} == before
    assert list(runs.glob("*.json")) == []


LOADING = """
import os, sys
from pathlib import Path

class Loading:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            sys.meta_path.remove(self)
            Path(os.environ["LOADING"]).touch()
            os.read(0, 1)

if any("forkserver" in word for word in sys.orig_argv):
    sys.meta_path.insert(0, Loading())
"""


@pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(),
    reason="the system has no server that workers fork from",
)
def test_an_interrupt_while_workers_still_load_torch_ends_in_the_same_one_line(tmp_path):
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "sitecustomize.py").write_text(LOADING)
    places = [str(tmp_path / "early"), os.environ.get("PYTHONPATH", "")]
    loading = tmp_path / "loading"
    process = evaluation(tmp_path / "runs", PYTHONPATH=os.pathsep.join(filter(None, places)), LOADING=str(loading))
    wait_until(loading.exists, process)
    os.killpg(process.pid, signal.SIGINT)
    # Their imports go on once this closes their input.
    out, err = last_words(process)
    assert (process.returncode, out, err.splitlines()) == (130, "", [INTERRUPTED])


THROUGH_EXEC = """
import sys
import mixbench.cli as cli
cli._run = lambda words: exec("raise KeyboardInterrupt")
sys.exit(cli.main(["list"]))
"""


def test_an_interrupt_that_comes_through_exec_ends_in_the_same_exit_code(tmp_path):
    (tmp_path / "interrupted.py").write_text(THROUGH_EXEC)
    places = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    words = [sys.executable, "-m", "interrupted"]
    said = subprocess.run(words, env={**os.environ, "PYTHONPATH": places}, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr.splitlines()) == (130, [INTERRUPTED])


OWN = """
import os, threading
from pathlib import Path

class Hangs:
    def mix(self, images, targets, rng):
        if len(images) <= 8:  # tried before anything trains
            return images, targets
        Path(__file__).with_name("hangs").touch()
        threading.Event().wait()

class Prints:
    def mix(self, images, targets, rng):
        print("in words")
        os.write(1, b"in bytes")
        return images, targets
"""


def test_killing_the_parent_ends_a_worker_that_hangs(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    process = evaluation(tmp_path / "runs", "own.py:Hangs")
    wait_until((tmp_path / "hangs").exists, process)
    process.kill()
    last_words(process)
    assert process.returncode == -signal.SIGKILL


def test_what_an_own_method_prints_is_not_among_the_records(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    command = [sys.executable, "-m", "mixbench", "eval", "--aug", "own.py:Prints", "--suite", str(suite_path())]
    process = started([*command, "--json"], cwd=tmp_path)
    out, err = last_words(process)
    assert process.returncode == 0, err
    assert [record["seed"] for record in json.loads(out)] == [0]
    assert "in words" in err
    assert "in bytes" in err
