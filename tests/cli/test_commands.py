"""What the commands print, what they read and write, and what they never load."""

import json
import subprocess
import sys

import pytest
import safetensors.torch
import torch
from tiny import copied_runs, finished_record, finished_runs, suite_path, write_suite

import mixbench as package
from mixbench.results.noises import NOISE_LEVELS, noise_name

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
    """The finished model's weights, as if they came from elsewhere."""
    digest = json.loads(finished_record().read_text())["trainings"]["model"]
    tensors = safetensors.torch.load_file(finished_runs() / "store" / "trainings" / digest / "weights.safetensors")
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    safetensors.torch.save_file(tensors, path)
    return path


def test_weights_from_elsewhere_are_read_like_the_models_own(mixbench, tmp_path, weights_file):
    words = ["--weights", weights_file, "--model", "test_resnet", "--suite", suite_path()]
    said = mixbench("eval", *words, "--runs", copied_runs(tmp_path), "--json")
    (record,) = json.loads(said.out)
    own = json.loads(finished_record().read_text())
    assert (record["augmentation"], record["seed"], record["method_versions"]) == ("external", None, {})
    noise = {noise_name(level) for level in NOISE_LEVELS}
    kept = {name: reading for name, reading in own["readings"].items() if name.split(".")[0] not in noise}
    assert record["readings"] == kept
    assert record["trainings"] == {"surrogate": own["trainings"]["surrogate"]}
    assert record["label_noise"] == {}
    path = next(path for path in (tmp_path / "runs").glob("*.json") if "external" in path.name)
    with pytest.raises(package.MixBenchError, match="came from elsewhere"):
        package.load_model(path)


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
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("mixbench.cli.eval.fulfil", interrupt)
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
    assert "difference" not in mixbench(*EVAL, "--runs", runs).out.split("record ")[0]
    assert mixbench("eval", "--aug", "erm", "--suite", suite_path(), "--runs", runs).code == 0
    assert "difference" in mixbench(*EVAL, "--runs", runs).out.split("record ")[0]
