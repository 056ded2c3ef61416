"""An evaluation under torchrun: two processes train, one speaks and writes, and the record says it."""

import json
import os
import sys

import pytest
from children import last_words, started
from tiny import FEW, plan_of, write_suite

from mixbench.results.record import load_record
from mixbench.runs import engine
from mixbench.runs.jobs import TrainJob
from mixbench.spec import torchrun
from mixbench.spec.errors import MixBenchError

LAUNCH = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "mixbench")


def test_an_evaluation_by_two_processes_is_one_record_that_says_so(tmp_path, monkeypatch):
    suite, runs = write_suite(tmp_path, *FEW, ("epochs = 2", "epochs = 1")), tmp_path / "runs"
    words = ["eval", "--aug", "erm", "--suite", str(suite), "--device", "cpu", "--runs", str(runs), "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = started([sys.executable, *LAUNCH, *words], cwd=tmp_path, env=environment)
    out, err = last_words(process)
    assert process.returncode == 0, err
    (printed,) = json.loads(out)
    (path,) = runs.glob("*.json")
    record = load_record(path)
    assert printed["digest"] == record.digest
    assert record.provenance.processes == 2
    monkeypatch.setattr("mixbench.runs.plan.processes", lambda: 2)
    (expected,) = plan_of(suite, "erm").records
    assert record.trainings == {role: spec.digest for role, spec in expected.trainings.items()}


def test_only_torchrun_makes_processes_of_one_training(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "2")
    assert (torchrun.processes(), torchrun.rank()) == (1, 0)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    assert (torchrun.processes(), torchrun.rank()) == (4, 2)


def test_commands_that_know_nothing_of_it_refuse_it(tmp_path, monkeypatch):
    monkeypatch.setattr("mixbench.runs.plan.processes", lambda: 2)
    jobs = [job for job in plan_of(write_suite(tmp_path), "erm").jobs if isinstance(job, TrainJob)]
    with pytest.raises(MixBenchError, match="torchrun: needed 'mixbench eval'"):
        engine.run(jobs, tmp_path, lambda job, message: None)
