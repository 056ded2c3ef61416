"""A sweep killed with -9 three times goes on and ends with the records of an undisturbed one."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from children import last_words, started, wait_until
from tiny import copied_runs, files_of, leftovers, plan_of, suite_path

from mixbench.runs.assemble import assemble
from mixbench.runs.jobs.job import Job
from mixbench.runs.store import Store

AUGS = ("cutmix", "cutout")
# When and by which commit it was made, which neither sweep decides.
APART = {"seconds", "created", "commit", "dirty", "trainings_made_with"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The same grid made in this process, job by job, with nobody disturbing it."""

    runs, plan = copied_runs(tmp_path_factory.mktemp("undisturbed")), plan_of(suite_path(), *AUGS)
    for job in plan.jobs:
        job.do(Store(runs))
    assemble(plan, plan.records[1], runs)
    return runs


def command(runs: Path) -> list[str]:
    augs = [word for aug in AUGS for word in ("--aug", aug)]
    request = ["--suite", str(suite_path()), "--workers", "2", "--device", "cpu", "--runs", str(runs)]
    return [sys.executable, "-m", "mixbench", "sweep", *augs, *request]


def last(kind: str) -> Job:
    """The grid's last job of a kind."""
    return [job for job in plan_of(suite_path(), *AUGS).jobs if job.kind == kind][-1]


def made(runs: Path) -> dict[str, int]:
    """When each file of a finished artefact was written."""
    return {
        str(path): path.stat().st_mtime_ns
        for manifest in runs.glob("store/*/*/manifest")
        if manifest.parent.suffix != ".partial"
        for path in manifest.parent.iterdir()
    }


def trained(runs: Path) -> int:
    return len([path for path in runs.glob("store/trainings/*/manifest") if path.parent.suffix != ".partial"])


def kill_when(seen: Callable[[], bool], runs: Path, held: Job, everybody: bool) -> None:
    """Start the sweep and kill it, or it with its workers, when `seen` says so; it cannot end while a job is held."""
    with Store(runs).lock(held.kind, held.digest):
        process = started(command(runs), cwd=runs.parent)
        wait_until(seen, process)
        (os.killpg if everybody else os.kill)(process.pid, signal.SIGKILL)
        last_words(process)
    assert process.returncode == -signal.SIGKILL


def content(runs: Path) -> dict[str, dict]:
    found = {}
    for path in runs.glob("*.json"):
        record = json.loads(path.read_text())
        record["provenance"] = {key: value for key, value in record["provenance"].items() if key not in APART}
        found[path.name] = {key: value for key, value in record.items() if key != "digest"}
    return found


@pytest.mark.skipif(os.name == "nt", reason="kills with -9")
def test_a_sweep_killed_three_times_ends_with_the_records_of_an_undisturbed_one(tmp_path, undisturbed):
    runs = tmp_path / "runs"
    kill_when(lambda: trained(runs) >= 1, runs, last("trainings"), everybody=False)
    kill_when(lambda: trained(runs) >= 5, runs, last("trainings"), everybody=True)
    kill_when(lambda: any(runs.glob("*.npz")), runs, last("examinations"), everybody=False)
    before = made(runs)
    assert trained(runs) >= 5
    process = started([*command(runs), "--json"])
    out, err = last_words(process)
    assert process.returncode == 0, err
    assert [record["augmentation"].split("(")[0] for record in json.loads(out)] == list(AUGS)

    assert {path: written for path, written in made(runs).items() if path in before} == before
    for kind in ("trainings", "transfer", "examinations"):
        assert files_of(runs, kind) == files_of(undisturbed, kind)
    assert content(runs) == content(undisturbed)
    assert len(content(runs)) == 2
    outcomes = {path.name: path.read_bytes() for path in runs.glob("*.npz")}
    assert outcomes == {path.name: path.read_bytes() for path in undisturbed.glob("*.npz")}
    assert leftovers(runs) == []
