"""An evaluation saved as a record: it loads, says the same, and the gate takes it."""

import json

import pytest
import torch
from torch import nn

import mixbench
from mixbench.cli import main
from mixbench.results.outcomes import load_outcomes


@pytest.fixture(scope="module")
def data():
    return mixbench.load_data("digits", "test")


def net(seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


@pytest.fixture(scope="module")
def evaluation(data):
    return mixbench.evaluate(net(0), *data, eps=0.1)


def test_a_saved_record_says_what_the_evaluation_does(evaluation, tmp_path):
    path = evaluation.save(tmp_path, name="linear", seed=3)
    record = mixbench.load_record(path)
    assert record.readings == evaluation.readings
    assert (record.name, record.seed, record.augmentation) == ("linear", 3, "external")
    kept = load_outcomes(path.with_suffix(".npz"))
    assert kept.keys() == evaluation.outcomes.keys()
    assert record.settings["eps"] == 0.1


def test_check_takes_saved_records_as_files_and_folders(evaluation, data, tmp_path, capsys):
    first = evaluation.save(tmp_path / "a", name="linear", seed=0)
    mixbench.evaluate(net(1), *data, eps=0.1).save(tmp_path / "b", name="linear", seed=0)
    assert main(["check", str(first), "--baseline", str(first)]) == 0
    capsys.readouterr()
    assert main(["check", str(tmp_path / "b"), "--baseline", str(tmp_path / "a"), "--json"]) in (0, 1, 3)
    json.loads(capsys.readouterr().out)


def test_other_images_or_settings_are_not_compared(evaluation, data, tmp_path, capsys):
    images, labels = data
    first = evaluation.save(tmp_path / "a")
    for name, other in (
        ("b", mixbench.evaluate(net(0), images, labels, eps=0.2)),
        ("c", mixbench.evaluate(net(0), images[:200], labels[:200], eps=0.1)),
    ):
        path = other.save(tmp_path / name)
        assert main(["check", str(path), "--baseline", str(first)]) == 2
        assert "under one suite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a/b"}, "name: needed up to 100 letters"),
        ({"seed": -1}, "seed: needed"),
        ({"seed": 1.0}, "seed: needed"),
    ],
)
def test_what_cannot_be_a_name_or_a_seed_is_refused(evaluation, tmp_path, arguments, message):
    with pytest.raises(mixbench.MixBenchError, match=message):
        evaluation.save(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_one_line(evaluation, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(mixbench.MixBenchError, match="needed to write there"):
        evaluation.save(tmp_path / "file" / "below")
