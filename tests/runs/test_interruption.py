"""The command line killed in mid-training and interrupted: no orphans, nothing retrained, equal bits at the end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import files_of, finished_runs, leftovers, plan_of, suite_path

from mixbench.runs.request import fulfil


def started(runs, aug="cutmix") -> subprocess.Popen:
    """Start the finished runs' request, or another augmentation's, in a session of its own."""
    command = [sys.executable, "-m", "mixbench", "eval", "--aug", aug, "--suite", str(suite_path())]
    return subprocess.Popen(
        [*command, "--runs", str(runs)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, cwd=runs.parent, env={**os.environ, "COLUMNS": "300"},
    )  # fmt: skip


def wait_for_first_training(process, runs) -> dict[str, int]:
    """Wait until one training is finished; return when each finished one was written."""
    until = time.monotonic() + 120
    while not (found := written(runs)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def written(runs) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for path in runs.glob("store/trainings/*/*")
        if ".partial" not in str(path) and (path.parent / "manifest").exists()
    }


def in_session(session: int) -> list[int]:
    """The living processes of a session; a zombie is none."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(entry.name))
    return found


def all_gone(session: int, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while in_session(session):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def assert_goes_on_to_equal_bits(runs, finished_before: dict[str, int]) -> None:
    fulfil(plan_of(suite_path(), "cutmix"), runs, lambda job, message: None)
    after = written(runs)
    assert {path: after[path] for path in finished_before} == finished_before
    for kind in ("trainings", "examinations"):
        assert files_of(runs, kind) == files_of(finished_runs(), kind)
    assert leftovers(runs) == []
    assert len(list(runs.glob("*.json"))) == 1


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="looks for orphans in /proc")
def test_killing_the_parent_leaves_no_orphans_and_the_rest_goes_on(tmp_path):
    runs = tmp_path / "runs"
    process = started(runs)
    before = wait_for_first_training(process, runs)
    assert len(in_session(process.pid)) > 2
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all_gone(process.pid), in_session(process.pid)
    assert len(list((runs / "store" / "trainings").iterdir())) < 5
    assert_goes_on_to_equal_bits(runs, before)


def test_an_interrupt_ends_with_130_in_one_line_and_keeps_what_was_finished(tmp_path):
    runs = tmp_path / "runs"
    process = started(runs)
    before = wait_for_first_training(process, runs)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines() == ["mixbench: interrupted; what was finished is kept, the same command goes on from there"]
    assert all_gone(process.pid)
    assert {path: written(runs)[path] for path in before} == before
    assert leftovers(runs) == [] or not list(runs.glob("*.json"))


def test_an_interrupt_while_workers_still_load_torch_ends_in_the_same_one_line(tmp_path):
    process = started(tmp_path / "runs")
    until = time.monotonic() + 60
    while not any(b"forkserver" in command_line(each) for each in in_session(process.pid)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    # Time to begin with the imports, which take longer than that on any machine.
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines() == ["mixbench: interrupted; what was finished is kept, the same command goes on from there"]
    assert all_gone(process.pid)


def command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


OWN = """
import os, time
from pathlib import Path

class Hangs:
    def mix(self, images, targets, rng):
        if len(images) <= 8:  # tried before anything trains
            return images, targets
        Path(__file__).with_name("hangs").touch()
        time.sleep(3600)

class Prints:
    def mix(self, images, targets, rng):
        print("in words")
        os.write(1, b"in bytes")
        return images, targets
"""


def wait_for(seen, process) -> None:
    until = time.monotonic() + 120
    while not seen():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="looks for orphans in /proc")
def test_killing_the_parent_ends_a_worker_that_hangs(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    process = started(tmp_path / "runs", "own.py:Hangs")
    wait_for((tmp_path / "hangs").exists, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all_gone(process.pid), in_session(process.pid)


def test_what_an_own_method_prints_is_not_among_the_records(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    command = [
        sys.executable,
        "-m",
        "mixbench",
        "eval",
        "--aug",
        "own.py:Prints",
        "--suite",
        str(suite_path()),
        "--json",
    ]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=True)
    assert [record["seed"] for record in json.loads(said.stdout)] == [0]
    assert "in words" in said.stderr
    assert "in bytes" in said.stderr
