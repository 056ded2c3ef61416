"""mixbench suite show and new."""

import json

import numpy as np
import pytest
import safetensors.torch
import timm
import torch

from mixbench.cli import main
from mixbench.spec.digest import file_digest
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build


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
    tensors = timm.create_model("test_resnet", in_chans=1, num_classes=10).state_dict()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        weights = tmp_path / folder / "w.safetensors"
        safetensors.torch.save_file(tensors, weights)
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
        (["--from", "digits", "there.toml/new.toml"], "needed to write there"),
        (["--from", "digits", "there.toml"], "is there already"),
        (["--from", "digits", "--given-key", "worse_label", "new.toml"], "--given-key goes with --given-labels"),
        (["--from", "digits", "--given-labels", "none.pt", "new.toml"], "needed a readable file of labels"),
        (["--from", "digits", "--optimizer", "adam", "new.toml"], "unknown optimizer 'adam'"),
        (["--from", "digits", "--set", "flip=true", "new.toml"], "needed SECTION.KEY=VALUE such as"),
        (["--from", "digits", "--set", "transform.flop=true", "new.toml"], "Did you mean 'flip'?"),
        (["--from", "digits", "--set", "training.epochs.x=1", "new.toml"], "unknown key, since epochs is a value"),
        (["--from", "digits", "--set", "battery.eps=much", "new.toml"], "battery.eps: input should be a valid number"),
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


def test_every_setting_has_an_option(tmp_path):
    words = ["--optimizer", "adamw", "--weight-decay", "0.1", "--set", "transform.flip=true", "--set", "transform"]
    words[-1] += ".random_resized_crop={scale = [0.5, 1], ratio = [1, 1]}"
    words += ["--set", "battery.eps_curve=[0, 0.05]", "--set", "training.epochs=30", "--set", "model.stem=strided"]
    assert main(["suite", "new", "--from", "cifar10", *words, str(tmp_path / "new.toml")]) == 0
    made = load_suite(tmp_path / "new.toml")
    assert made.training.optimizer.model_dump() == {"name": "adamw", "learning_rate": 0.001, "weight_decay": 0.1}
    assert made.transform.flip
    assert made.transform.random_resized_crop.scale == [0.5, 1]
    assert (made.battery.eps_curve, made.model.stem) == ([0, 0.05], "strided")
    assert (made.training.epochs, made.training.schedule.milestones) == (30, [15, 22])
    kept = [
        "suite",
        "new",
        "--from",
        "cifar10",
        "--optimizer",
        "sgd",
        "--weight-decay",
        "0",
        str(tmp_path / "sgd.toml"),
    ]
    assert main(kept) == 0
    old, new = load_suite("cifar10").training.optimizer, load_suite(tmp_path / "sgd.toml").training.optimizer
    assert new == old.model_copy(update={"weight_decay": 0.0})


@pytest.mark.parametrize("option", ["--epochs", "--eps=0.1", "--weight-decay", "--batch-size", "--optimizer"])
@pytest.mark.parametrize("command", ["eval", "sweep"])
def test_a_suites_option_elsewhere_says_where_it_belongs(command, option, capsys):
    assert main([command, "--aug", "erm", option, "3"]) == 2
    error = capsys.readouterr().err
    name = option.partition("=")[0]
    assert f"'mixbench suite new --from digits {name} … mine.toml' makes one, --suite mine.toml takes it" in error


def test_an_option_of_a_subcommand_is_looked_up_in_its_own_help(capsys):
    assert main(["suite", "new", "--weight-deca", "1", "x.toml"]) == 2
    assert "Did you mean --weight-decay? See 'mixbench suite new --help'." in capsys.readouterr().err


def test_a_suite_goes_by_its_file_or_its_name_where_it_lies(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["suite", "new", "--from", "digits", "--epochs", "1", "sub/tiny.toml"]) == 0
    assert main(["suite", "show", "sub/tiny.toml"]) == 0
    assert "# mixbench eval --suite sub/tiny.toml --aug cutmix\n" in capsys.readouterr().out
    assert main(["suite", "show", "tiny"]) == 2
    monkeypatch.chdir(tmp_path / "sub")
    assert load_suite("tiny") == load_suite("tiny.toml")


def test_a_fine_tuning_budget_gives_way_to_what_is_asked_for(tmp_path):
    words = ["suite", "new", "--from", "cifar10", "--pretrained", "--epochs", "10", "--learning-rate", "0.02"]
    assert main([*words, str(tmp_path / "fine.toml")]) == 0
    made = load_suite(tmp_path / "fine.toml")
    assert made.model.pretrained is True
    assert made.backbone == "resnetv2_18.ra4_e3600_r224_in1k"
    assert (made.training.epochs, made.training.schedule.milestones) == (10, [3, 6, 9])
    assert (made.training.optimizer.learning_rate, made.training.optimizer.weight_decay) == (0.02, 0.0)


@pytest.mark.parametrize(
    ("source", "epochs", "warmup"),
    [("cifar10-fast", 8, 1.5), ("cifar10-fast", 3, 0.5625), ("imagenet", 1, 0.055556), ("imagenet", 90, 5)],
)
def test_a_warm_up_keeps_its_share_of_the_epochs(tmp_path, source, epochs, warmup):
    assert main(["suite", "new", "--from", source, "--epochs", str(epochs), str(tmp_path / "new.toml")]) == 0
    assert load_suite(tmp_path / "new.toml").training.schedule.warmup_epochs == warmup


@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0.1), (10, 1.0), (50, 1.0)])
def test_fine_tuning_warms_up_for_an_epoch_and_at_most_a_tenth(tmp_path, epochs, warmup):
    words = ["suite", "new", "--from", "digits", "--pretrained", "--epochs", str(epochs)]
    assert main([*words, str(tmp_path / "new.toml")]) == 0
    assert load_suite(tmp_path / "new.toml").training.schedule.warmup_epochs == warmup


@pytest.mark.parametrize("key", [None, "worse_label"])
def test_new_writes_given_labels_whose_place_is_in_no_digest(tmp_path, key):
    digests = set()
    for name in ("a.npy", "b.npy"):
        np.save(tmp_path / name, np.zeros(50_000, dtype=np.int64) if key is None else {key: np.zeros(50_000, int)})
        path = tmp_path / f"new-{name[0]}" / "noisy.toml"
        path.parent.mkdir()
        words = ["--given-labels", str(tmp_path / name), *(["--given-key", key] if key else [])]
        assert main(["suite", "new", "--from", "cifar10", *words, str(path)]) == 0
        made = load_suite(path)
        given = made.data.given_labels
        assert (given.file, given.sha256, given.key) == (str(tmp_path / name), file_digest(tmp_path / name), key)
        assert made.data.model_copy(update={"given_labels": None}) == load_suite("cifar10").data
        digests.add(made.digest)
    assert len(digests) == 1


def test_a_folder_without_rights_is_one_line(tmp_path, monkeypatch, capsys):
    """Path.exists and Path.unlink raise where the folder above is closed, unless it is to root."""

    def forbidden(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    for method in ("exists", "unlink"):
        monkeypatch.setattr(f"mixbench.spec.new_suite.Path.{method}", forbidden)
    assert main(["suite", "new", "--from", "digits", str(tmp_path / "new.toml")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("needed to write there, got Permission denied; give another file")


def test_a_bug_keeps_its_traceback_and_does_not_read_as_a_regression(monkeypatch, capsys):
    def broken(_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("mixbench.cli.suite.load_suite", broken)
    assert main(["suite", "show", "digits"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Traceback")
    assert error.endswith("ZeroDivisionError: a bug\n")


def of(backbone, **arguments):
    return timm.create_model(backbone, **arguments).state_dict()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.touch(), "needed a .safetensors file"),
        (lambda path: torch.save(of("test_resnet"), path), "pickled weights are never loaded"),
        (lambda path: safetensors.torch.save_file(of("test_convnext"), path), "are they of 'test_resnet'"),
    ],
)
def test_new_refuses_weights_that_no_training_would_take(tmp_path, capsys, make, message):
    make(tmp_path / "w.pth")
    words = ["--from", "digits", "--weights", str(tmp_path / "w.pth"), str(tmp_path / "fine.toml")]
    assert main(["suite", "new", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "fine.toml").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "test_resnt"], "unknown backbone 'test_resnt'"),
        (["--model", "inception_v3"], "does not take images of 1x8x8"),
        (["--given-labels", "short.npy"], "given labels"),
    ],
)
def test_new_refuses_what_the_first_training_would(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    np.save("short.npy", np.zeros(3, dtype=np.int64))
    assert main(["suite", "new", "--from", "digits", *words, "new.toml"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new.toml").exists()


def test_weights_behind_a_prefix_and_without_counters_begin_as_those_without(tmp_path):
    whole = of("test_resnet", in_chans=1, num_classes=10)
    bare = {f"module.{name}": tensor for name, tensor in whole.items() if "num_batches" not in name}
    safetensors.torch.save_file(bare, tmp_path / "w.safetensors")
    words = ["--from", "digits", "--weights", str(tmp_path / "w.safetensors"), str(tmp_path / "fine.toml")]
    assert main(["suite", "new", *words]) == 0
    suite = load_suite(tmp_path / "fine.toml")
    state = build(suite.backbone, suite.data, suite.model).net.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in whole.items() if "num_batches" not in name)
