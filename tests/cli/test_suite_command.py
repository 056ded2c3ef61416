"""mixbench suite show and new, without torch."""

import json

import pytest

from mixbench.cli import main
from mixbench.spec.digest import file_digest
from mixbench.spec.suite import load_suite


def test_show_prints_everything_and_the_digest(capsys):
    assert main(["suite", "show", "cifar10"]) == 0
    out = capsys.readouterr().out
    suite = load_suite("cifar10")
    assert f"digest {suite.digest}" in out
    assert 'stem = "small"' in out
    assert "milestones" in out


def test_show_json_is_the_suite_with_defaults(capsys):
    assert main(["suite", "show", "digits@1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["digest"], found["model"]["pretrained"]) == (load_suite("digits").digest, False)


def test_new_changes_what_was_asked_and_nothing_else(tmp_path, capsys):
    path = tmp_path / "wide.toml"
    assert main(["suite", "new", "--from", "cifar10", "--model", "wide_resnet50_2", "--epochs", "30", str(path)]) == 0
    made, old = load_suite(path), load_suite("cifar10")
    assert made.digest in capsys.readouterr().out
    assert (made.name, made.version, made.backbone) == ("wide", 1, "wide_resnet50_2")
    assert (made.training.epochs, made.training.schedule.milestones) == (30, [15, 22])
    assert (made.data, made.transform, made.battery) == (old.data, old.transform, old.battery)
    assert made.training.optimizer == old.training.optimizer
    assert made.digest != old.digest


def test_new_writes_a_pretrained_start_whose_place_is_in_no_digest(tmp_path):
    digests = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        weights = tmp_path / folder / "w.safetensors"
        weights.write_bytes(b"some weights")
        path = tmp_path / folder / "fine.toml"
        assert main(["suite", "new", "--from", "digits", "--weights", str(weights), str(path)]) == 0
        made = load_suite(path)
        assert made.model.pretrained.sha256 == file_digest(weights)
        assert made.model.pretrained.file == str(weights)
        assert str(tmp_path) not in json.dumps(made.settings)
        assert (made.training.epochs, made.training.optimizer.name) == (20, "sgd")
        assert made.training.optimizer.learning_rate == pytest.approx(0.003 * 112 / 512)
        assert made.training.schedule.milestones == [6, 12, 18]
        digests.append(made.digest)
    assert digests[0] == digests[1] != load_suite("digits").digest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "digit", "new.toml"], "unknown suite 'digit'"),
        (
            ["--from", "digits", "--epochs", "0", "new.toml"],
            "training.epochs: input should be greater than or equal to 1",
        ),
        (["--from", "digits", "new.txt"], "needed a file that ends in .toml"),
        (["--from", "digits", "New One.toml"], "needed a file name of small letters"),
        (["--from", "digits", "--size", "8", "new.toml"], "go with --data"),
        (["--from", "digits", "--precision", "float16", "new.toml"], "precision"),
        (["--from", "digits", "--weights", "none.safetensors", "new.toml"], "needed a readable .safetensors file"),
        (["--from", "digits", "no/folder/new.toml"], "needed to write there"),
        (["--from", "digits", "there.toml"], "is there already"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.toml").write_text("mine")
    assert main(["suite", "new", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there.toml"]
    assert (tmp_path / "there.toml").read_text() == "mine"


def test_a_fine_tuning_budget_gives_way_to_what_is_asked_for(tmp_path):
    words = ["suite", "new", "--from", "cifar10", "--pretrained", "--epochs", "10", "--learning-rate", "0.02"]
    assert main([*words, str(tmp_path / "fine.toml")]) == 0
    made = load_suite(tmp_path / "fine.toml")
    assert made.model.pretrained is True
    assert (made.training.epochs, made.training.schedule.milestones) == (10, [3, 6, 9])
    assert (made.training.optimizer.learning_rate, made.training.optimizer.weight_decay) == (0.02, 0.0)
