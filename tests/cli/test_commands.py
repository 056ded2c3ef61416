"""What the commands print, what they read and write, and what they never load."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
from tiny import copied_runs, finished_record, finished_runs, suite_path, write_suite

import mixbench as package
from mixbench.results.noises import NOISE_LEVELS, noise_name
from mixbench.runs.weights import weights_of
from mixbench.spec.foreign import Given
from mixbench.spec.suite import load_suite

EVAL = ("eval", "--aug", "cutmix", "--suite", suite_path())


def test_json_is_an_array_of_the_records_and_nothing_else(mixbench):
    said = mixbench(*EVAL, "--runs", finished_runs(), "--json")
    assert said.code == 0
    assert json.loads(said.out) == [json.loads(finished_record().read_text())]


def test_the_table_names_every_measure_and_where_the_files_lie(mixbench):
    said = mixbench(*EVAL, "--runs", finished_runs())
    assert said.code == 0
    assert str(finished_record()) in said.out
    assert "cutmix" in said.out


def test_the_environment_names_the_runs_folder(mixbench, monkeypatch):
    monkeypatch.setenv("MIXBENCH_RUNS", str(finished_runs()))
    assert len(json.loads(mixbench(*EVAL, "--json").out)) == 1


def test_a_plan_prints_the_jobs_and_runs_nothing(mixbench, tmp_path):
    said = mixbench(*EVAL, "--plan", "--json")
    jobs = json.loads(said.out)
    assert (said.code, len(jobs)) == (0, 7)
    assert [job["kind"] for job in jobs].count("trainings") == 5
    assert not any(job["cached"] for job in jobs)
    assert list((tmp_path / "here").iterdir()) == []
    done = json.loads(mixbench(*EVAL, "--plan", "--json", "--runs", finished_runs()).out)
    assert all(job["cached"] for job in done)
    assert [job["digest"] for job in done] == [job["digest"] for job in jobs]
    table = mixbench(*EVAL, "--plan", "--runs", finished_runs())
    assert table.out.count("cached") == 7


def test_a_plan_of_another_augmentation_shares_surrogate_and_examples(mixbench):
    said = mixbench("eval", "--aug", "cutout", "--suite", suite_path(), "--plan", "--json", "--runs", finished_runs())
    assert sum(job["cached"] for job in json.loads(said.out)) == 2


@pytest.mark.parametrize("kind", ["augs", "suites", "measures", "models"])
def test_a_list_is_shown_and_given_as_json(mixbench, kind):
    rows = json.loads(mixbench("list", kind, "--json").out)
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names) > 0
    assert names[0] in mixbench("list", kind).out
    known = {"augs": "cutmix", "suites": "digits", "measures": "fgsm.black.top1_error", "models": "test_resnet"}
    assert known[kind] in names


def test_measures_are_listed_with_unit_direction_and_meaning(mixbench):
    for row in json.loads(mixbench("list", "measures", "--json").out):
        assert row["unit"]
        assert row["meaning"]
        assert row["direction"]
        assert len(row["range"]) == 2


def test_seeds_make_a_record_each_and_a_repeated_one_counts_once(mixbench, tmp_path):
    runs = copied_runs(tmp_path)
    said = mixbench(*EVAL, "--runs", runs, "--seed", 0, "--seed", 1, "--seed", 0, "--json")
    assert (said.code, [record["seed"] for record in json.loads(said.out)]) == (0, [0, 1])
    assert len(list(runs.glob("*.json"))) == 2
    first, second = json.loads(said.out)
    assert first["trainings"]["surrogate"] == second["trainings"]["surrogate"]
    assert first["trainings"]["model"] != second["trainings"]["model"]
    assert first["digest"] == json.loads(finished_record().read_text())["digest"]


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory):
    """The finished model's weights, as if they came from elsewhere: without what MixBench wrote into its own file."""
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    safetensors.torch.save_file(safetensors.torch.load_file(own_weights()), path)
    return path


def own_weights():
    digest = json.loads(finished_record().read_text())["trainings"]["model"]
    return finished_runs() / "store" / "trainings" / digest / "weights.safetensors"


THEIRS = ["--stem", "small", "--mean", "0.305383", "--std", "0.376119"]


@pytest.mark.parametrize("own", [True, False])
def test_weights_from_elsewhere_are_read_like_the_models_own(mixbench, tmp_path, weights_file, own):
    file = shutil.copy(own_weights(), tmp_path / "mine.safetensors") if own else weights_file
    words = ["--weights", file, "--model", "test_resnet", "--suite", suite_path(), *([] if own else THEIRS)]
    said = mixbench("eval", *words, "--runs", copied_runs(tmp_path), "--json")
    (record,) = json.loads(said.out)
    theirs = json.loads(finished_record().read_text())
    assert (record["augmentation"], record["seed"], record["method_versions"]) == ("external", None, {})
    noise = {noise_name(level) for level in NOISE_LEVELS}
    kept = {name: reading for name, reading in theirs["readings"].items() if name.split(".")[0] not in noise}
    assert record["readings"] == kept
    assert record["trainings"] == {"surrogate": theirs["trainings"]["surrogate"]}
    assert record["label_noise"] == {}
    path = next(path for path in (tmp_path / "runs").glob("*.json") if "external" in path.name)
    assert record["name"] == "mine"
    made = record["model"]["weights"]
    assert (made["stem"], made["mean"], made["std"]) == ("small", [0.305383], [0.376119])
    assert made["stem_source"] == ("written in the file by MixBench" if own else "given")
    images, labels = package.load_data(suite_path(), "test")
    with torch.no_grad():
        wrong = float((package.load_model(path)(images).argmax(1) != labels).double().mean())
    assert wrong == record["readings"]["clean.top1_error"]["value"]


def test_a_file_of_weights_is_found_beside_its_record_or_missed_in_one_line(mixbench, tmp_path, weights_file):
    file = shutil.copy(weights_file, tmp_path / "gone.safetensors")
    words = ["--weights", file, "--model", "test_resnet", "--suite", suite_path(), *THEIRS]
    assert mixbench("eval", *words, "--runs", copied_runs(tmp_path)).code == 0
    (path,) = (tmp_path / "runs").glob("*external-gone*.json")
    package.load_model(path)
    Path(file).unlink()
    with pytest.raises(
        package.MixBenchError, match=r"came from elsewhere and lie neither .* put the .safetensors file"
    ):
        package.load_model(path)
    shutil.copy(weights_file, tmp_path / "runs" / "renamed.safetensors")
    package.load_model(path)


def test_named_weights_of_two_seeds_are_two_records_of_one_row_that_check_takes(mixbench, tmp_path, weights_file):
    runs = copied_runs(tmp_path)
    words = ["--weights", weights_file, "--model", "test_resnet", "--suite", suite_path(), *THEIRS, "--runs", runs]
    for seed in (0, 1):
        said = mixbench("eval", *words, "--name", "theirs", "--seed", seed)
        assert "weights theirs: stem small (given); mean 0.305383, std 0.376119 (given); assumed: channels" in said.out
    found = [package.load_record(path) for path in sorted(runs.glob("*external-theirs*.json"))]
    assert [(each.name, each.seed, each.augmentation) for each in found] == [
        ("theirs", 0, "external"),
        ("theirs", 1, "external"),
    ]
    row = tmp_path / "row"
    row.mkdir()
    for path in runs.glob("*external-theirs*"):
        shutil.copy(path, row)
    said = mixbench("check", row, "--baseline", row, "--json")
    assert said.code == 0, said.err


def test_a_plan_refuses_weights_that_eval_would(mixbench, tmp_path, weights_file):
    words = ["--model", "test_resnet", "--suite", suite_path(), "--runs", tmp_path / "r", "--weights", weights_file]
    tensors = safetensors.torch.load_file(weights_file)
    tensors["conv1.0.weight"] /= 255 * 0.376119
    safetensors.torch.save_file(tensors, tmp_path / "bytes.safetensors")
    of_bytes = ["--weights", tmp_path / "bytes.safetensors", "--stem", "small"]
    for extra, part in (
        ([], "--stem own"),
        (of_bytes, "with pixels from 0 to 255 on"),
        (["--stem", "small", "--mean", "0.5"], "both or none"),
        (["--stem", "small", "--mean", "x", "--std", "1"], "--mean: needed numbers"),
    ):
        asked = [*words[:-2], *extra] if "--weights" in extra else [*words, *extra]
        planned, run = mixbench("eval", *asked, "--plan"), mixbench("eval", *asked)
        assert (planned.code, planned.out, run.code) == (2, "", 2)
        assert planned.err == run.err
        assert part in planned.err
    assert mixbench("eval", *words, *THEIRS, "--plan").code == 0


def test_the_readmes_weights_are_measured_as_timms_model(mixbench, tmp_path):
    """Stock weights, whose first convolution is not the small stem's, need no word but the backbone's name."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = timm.create_model("resnet18", in_chans=1, num_classes=10).eval()
    safetensors.torch.save_file(net.state_dict(), tmp_path / "mine.safetensors")
    words = ["--weights", tmp_path / "mine.safetensors", "--model", "resnet18", "--suite", suite_path()]
    assert mixbench("eval", *words, "--runs", tmp_path / "r", "--plan").code == 0
    found = weights_of(load_suite(suite_path()), "resnet18", tmp_path / "mine.safetensors", Given())
    assert found.made.stem == "own"


def test_the_loaded_model_errs_exactly_as_the_record_says():
    model = package.load_model(finished_record())
    images, labels = package.load_data(suite_path(), "test")
    with torch.no_grad():
        wrong = float((model(images).argmax(1) != labels).double().mean())
    assert wrong == package.load_record(finished_record()).readings["clean.top1_error"].value
    assert not model.training


def test_a_model_is_found_by_the_environment_and_missed_with_a_hint(tmp_path, monkeypatch):
    alone = tmp_path / "record.json"
    alone.write_bytes(finished_record().read_bytes())
    monkeypatch.setenv("MIXBENCH_RUNS", str(tmp_path / "nothing"))
    with pytest.raises(package.MixBenchError, match=r"got none there.*MIXBENCH_RUNS"):
        package.load_model(alone)
    monkeypatch.setenv("MIXBENCH_RUNS", str(finished_runs()))
    assert not package.load_model(alone).training


def test_an_interrupt_is_one_line_and_130(mixbench, monkeypatch):
    def interrupt(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("mixbench.cli.eval.carry_out", interrupt)
    said = mixbench(*EVAL, "--runs", finished_runs())
    assert (said.code, said.out, said.err.count("\n")) == (130, "", 1)
    assert "interrupted" in said.err


LIGHT = """
import sys
from mixbench.cli import main
for words in (["--help"], ["--version"], ["eval", "--help"], ["list", "augs"], ["list", "measures", "--json"],
              ["list", "suites"], ["eval", "--aug", "cutmix", "--suite", sys.argv[1], "--runs", sys.argv[2]],
              ["eval", "--aug", "cutmix", "--suite", sys.argv[1], "--runs", sys.argv[2], "--json"],
              ["eval", "--aug", "cutmix", "--suite", sys.argv[1], "--plan"]):
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    heavy = [name for name in ("torch", "timm", "torchattacks", "sklearn", "torchvision") if name in sys.modules]
    if code or heavy:
        sys.exit(f"{words}: exit code {code}, loaded {heavy}")
"""


def test_what_needs_no_model_loads_no_torch(tmp_path):
    command = [sys.executable, "-c", LIGHT, str(suite_path()), str(finished_runs())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_erm_stands_beside_a_method_only_where_suite_and_backbone_agree(mixbench, tmp_path):
    other = write_suite(tmp_path, ("pairs = 8", "pairs = 9"))
    runs = copied_runs(tmp_path)
    assert mixbench("eval", "--aug", "erm", "--suite", other, "--runs", runs).code == 0
    assert "minus erm" not in mixbench(*EVAL, "--runs", runs).out.split("record ")[0]
    assert mixbench("eval", "--aug", "erm", "--suite", suite_path(), "--runs", runs).code == 0
    assert "minus erm" in mixbench(*EVAL, "--runs", runs).out.split("record ")[0]
