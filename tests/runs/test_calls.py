"""mixbench.run and mixbench.sweep: the records of the command line, on its plan and engine."""

import subprocess
import sys

import pytest
from tiny import copied_runs, finished_record, finished_runs, suite_path, write_suite

import mixbench


def test_what_is_there_is_returned_at_once_as_its_record():
    (record,) = mixbench.run("cutmix", suite=suite_path(), runs=finished_runs())
    assert record == mixbench.load_record(finished_record())


def test_an_augmentation_object_and_a_single_seed_are_taken(monkeypatch):
    monkeypatch.setenv("MIXBENCH_RUNS", str(finished_runs()))
    (record,) = mixbench.sweep([mixbench.augmentation("cutmix"), "cutmix(alpha=1)"], suite=suite_path(), seeds=0)
    assert record == mixbench.load_record(finished_record())


def test_a_script_without_a_guard_trains_what_is_missing_once(tmp_path):
    """Workers do not run the caller's script again."""
    suite = write_suite(tmp_path, ("epochs = 2", "epochs = 1"), ("warmup_epochs = 0.7", "warmup_epochs = 0.5"))
    script = tmp_path / "script.py"
    script.write_text(
        "import mixbench\n"
        "print('here', flush=True)\n"
        f"for record in mixbench.run('erm', suite={str(suite)!r}, runs={str(tmp_path / 'runs')!r}):\n"
        "    print(record.augmentation, record.seed, len(record.trainings), flush=True)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split("\n") == ["here", "erm 0 5", ""]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixbench.run(3), "augs: needed augmentations' specs.*got int"),
        (lambda: mixbench.sweep(3), "augs: needed augmentations' specs.*got int"),
        (lambda: mixbench.sweep([]), "got none"),
        (lambda: mixbench.run("cutmx"), "Did you mean 'cutmix'"),
        (lambda: mixbench.run("erm", seeds=()), "seeds: needed one at least"),
        (lambda: mixbench.run("erm", seeds=(-1,)), "needed 0 or more, got -1"),
        (lambda: mixbench.run("erm", seeds=0.5), "seeds: needed whole numbers"),
        (lambda: mixbench.run("erm", suite="digit"), "unknown suite"),
        (lambda: mixbench.run("erm", model=object()), r"mixbench\.evaluate measures a module"),
        (lambda: mixbench.run("erm", device="tpu"), "device"),
        (lambda: mixbench.sweep(["erm"], workers=0), "workers: needed"),
    ],
)
def test_what_cannot_be_is_one_line(call, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mixbench.MixBenchError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_raised_and_what_was_made_is_kept(tmp_path):
    runs = copied_runs(tmp_path)
    with pytest.raises(mixbench.MixBenchError, match="resnet18x"):
        mixbench.run("cutmix", suite=suite_path(), runs=runs, model="resnet18x")
    assert len(list(runs.glob("*.json"))) == 1
