"""Every bad input: exit code 2, one line on stderr, nothing on stdout, nothing half-written."""

import subprocess
import sys

import numpy as np
import pytest
import safetensors.torch
import torch
from tiny import finished_runs, suite_path, write_suite

from mixbench.spec import device


def refused(said, *parts: str) -> str:
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("mixbench: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    assert [part for part in parts if part not in said.err] == []
    return said.err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["eval", "--aug", "cutmx"], ["unknown method 'cutmx' at position 1", "Did you mean 'cutmix'?"]),
        (["eval", "--aug", "mixup(alpha=)"], ["needed a value at position 13"]),
        (["eval", "--aug", "mixup(alpha=0)"], ["position 7", "greater than 0", "got 0"]),
        (["eval", "--aug", "mixup+cutmix"], ["does not combine", "'|'"]),
        (["eval", "--aug", ""], ["needed a method's name"]),
        (["eval", "--aug", "line\nend"], ["at position 6, got 'end'"]),
        (["eval"], ["needed either --aug SPEC or --weights FILE"]),
        (["eval", "--aug", "erm", "--weights", "w.safetensors", "--model", "test_resnet"], ["got both"]),
        (["eval", "--weights", "w.safetensors"], ["--model"]),
        (["eval", "--weights", "w.safetensors", "--model", "test_resnet"], ["w.safetensors", "No such file"]),
        (["eval", "--weights", ".", "--model", "test_resnet"], ["readable .safetensors"]),
        (
            ["eval", "--weights", "w.safetensors", "--model", "test_resnet", "--seed", "0", "--seed", "1"],
            ["one --seed"],
        ),
        (["eval", "--aug", "erm", "--stem", "own"], ["--stem goes with --weights"]),
        (["eval", "--aug", "erm", "--suite", "digitz"], ["unknown suite 'digitz'", "Did you mean 'digits'?"]),
        (["eval", "--aug", "erm", "--suite", "none.toml"], ["none.toml", "needed a TOML file"]),
        (["eval", "--aug", "erm", "--suite", "./"], ["readable TOML file"]),
        (["eval", "--aug", "erm", "--seed", "-1"], ["--seed", "needed 0 or more, got -1"]),
        (["eval", "--aug", "erm", "--seed", "1.5"], ["1.5"]),
        (["eval", "--aug", "erm", "--seed", "x"], ["x"]),
        (["eval", "--aug", "erm", "--device", "tpu"], ["unknown device 'tpu'"]),
        (["eval", "--aug"], ["--aug"]),
        (["eval", "--agu", "erm"], ["--agu"]),
        (["eval", "--aug", "erm", "surplus"], ["surplus"]),
        (["evla"], ["evla"]),
        (["list", "augz"], ["unknown list 'augz'", "Did you mean 'augs'?"]),
        (["list"], []),
        (["--nonsense"], ["--nonsense"]),
    ],
)
def test_wrong_words_are_refused_and_make_nothing(mixbench, tmp_path, words, parts):
    refused(mixbench(*words), *parts)
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("[battery]", "[battery", "needed TOML"),
        ("pairs = 8", "pairs = 8\nparis = 3", "Did you mean 'pairs'?"),
        ("eps = 0.1", "eps = nan", "battery.eps"),
    ],
)
def test_a_broken_suite_is_refused(mixbench, tmp_path, old, new, part):
    path = write_suite(tmp_path, (old, new))
    refused(mixbench("eval", "--aug", "erm", "--suite", path), str(path), part)
    assert list((tmp_path / "here").iterdir()) == []


def test_cuda_where_there_is_none_is_refused(mixbench, monkeypatch):
    monkeypatch.setattr(device, "cuda_is_here", lambda: False)
    refused(mixbench("eval", "--aug", "erm", "--device", "cuda"), "needed a CUDA device", "--device cpu")


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("resnet1", ["unknown backbone 'resnet1'", "Did you mean"]),
        ("inception_v3", ["inception_v3", "1x8x8"]),
        ("mixer_s32_224", ["mixer_s32_224", "1x8x8"]),
    ],
)
def test_a_backbone_that_cannot_be_is_refused_before_any_training(mixbench, tmp_path, model, parts):
    said = mixbench("eval", "--aug", "erm", "--suite", suite_path(), "--model", model, "--runs", tmp_path / "runs")
    refused(said, *parts)
    assert not (tmp_path / "runs").exists()


def weights() -> dict[str, torch.Tensor]:
    (path,) = list(finished_runs().glob("store/trainings/*/weights.safetensors"))[:1]
    return safetensors.torch.load_file(path)


def write_weights(path, kind: str) -> None:
    tensors = weights()
    first = "fc.weight"
    match kind:
        case "broken":
            path.write_bytes(safetensors.torch.save(tensors)[:-100])
        case "empty":
            path.write_bytes(b"")
        case "pickled":
            torch.save(tensors, path)
        case "numpy":
            with path.open("wb") as file:
                np.save(file, np.zeros(3))
        case "another shape":
            safetensors.torch.save_file({**tensors, first: torch.zeros(2, 2)}, path)
        case "one is missing":
            del tensors[first]
            safetensors.torch.save_file(tensors, path)
        case "one too many":
            safetensors.torch.save_file({**tensors, "surplus": torch.zeros(2)}, path)
        case "NaN":
            safetensors.torch.save_file({**tensors, first: torch.full_like(tensors[first], torch.nan)}, path)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("broken", "never loaded"),
        ("empty", "never loaded"),
        ("pickled", "never loaded"),
        ("numpy", "never loaded"),
        ("another shape", "needed "),
        ("one is missing", "needed fc.weight"),
        ("one too many", "surplus"),
        ("NaN", "NaN"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_any_training(mixbench, tmp_path, kind, part):
    path, runs = tmp_path / "w.safetensors", tmp_path / "runs"
    write_weights(path, kind)
    words = ["--suite", suite_path(), "--runs", runs, "--model", "test_resnet", "--stem", "small"]
    refused(mixbench("eval", "--weights", path, *words), part)
    assert not list(runs.glob("store/trainings/*"))
    assert not list(runs.glob("*.json"))


def test_a_runs_folder_that_cannot_be_written_is_refused(mixbench, tmp_path):
    (tmp_path / "file").write_text("")
    said = mixbench("eval", "--aug", "erm", "--suite", suite_path(), "--runs", tmp_path / "file" / "runs")
    refused(said, "needed to write there", "--runs")
    assert (tmp_path / "file").read_text() == ""


def test_a_training_that_diverges_is_refused_with_epoch_and_step(mixbench, tmp_path):
    suite = write_suite(tmp_path, ("learning_rate = 0.006", "learning_rate = 1e30"))
    runs = tmp_path / "runs"
    said = mixbench("eval", "--aug", "erm", "--suite", suite, "--runs", runs, "--json")
    refused(said, "the loss became", "at epoch 1, step")
    assert [path.name for path in runs.iterdir()] == ["store"]
    assert not list(runs.glob("store/trainings/*"))


def test_what_a_stranger_wrote_reaches_the_terminal_as_text(mixbench, tmp_path):
    record = tmp_path / "record.json"
    record.write_text('{"schema_version": 1, "\\u001b[31m\\u202ered": 2}')
    said = refused(mixbench("export", record, "--to", "robustbench"), "\\x1b[31m\\u202ered: unknown key")
    assert said.strip().isprintable()


WITHOUT_TIMM = """
import sys
sys.modules["timm"] = None
from mixbench.cli import main
sys.exit(main(["list", "models"]))
"""


def test_a_package_that_is_not_there_is_named_in_one_line():
    said = subprocess.run([sys.executable, "-c", WITHOUT_TIMM], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert said.stderr == (
        f"mixbench: needed the package timm in {sys.prefix}, got none; install MixBench there with pip\n"
    )
