"""Transfer from an experiment's file to its verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from paper import EXPERIMENT, shipped

from mixbench.cli import main
from mixbench.data.load import load
from mixbench.papers.experiment import load_experiment
from mixbench.papers.settings import places_of
from mixbench.runs.fine_tuning import check_alike, fine_tunings
from mixbench.runs.partial import trainings_of
from mixbench.runs.store import Store
from mixbench.runs.weights import stored_model
from mixbench.spec.suite import load_suite
from mixbench.training.predict import logits_of

MINE = EXPERIMENT.replace("clean.top1_error", "transfer.top1_error").replace(
    'where = "Table 1"\ntitle', 'kind = "transfer"\nonto = "after.toml"\nwhere = "Table 1"\ntitle'
)
FEW = (
    ('sha256 = "44043264590dbca04409a3c812f822cf006af38d5f73ace757269eea9f002f62"\n', ""),
    ("keep_train = 200", "keep_train = 40\nkeep_test = 30"),
    ("train_images = 200\ntest_images = 1438", "train_images = 40\ntest_images = 30"),
    ("epochs = 20", "epochs = 2"),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = shipped("digits-28", FEW)
    (tmp_path / "after.toml").write_text(text, encoding="utf-8")
    (tmp_path / "before.toml").write_text(text.replace("keep_test = 30", "keep_test = 30\nskip_corrupt = true"))
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
    return tmp_path


def test_models_are_pretrained_fine_tuned_and_counted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["reproduce", "mine.toml", "--on", "before.toml", "--seeds", "1", "--device", "cpu"]
    assert main([*words, "--plan", "--json"]) == 0
    assert [each["kind"] for each in json.loads(capsys.readouterr().out)] == ["trainings"] * 4
    assert main([*words, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    manifests = {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")}
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == made
    assert {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")} == manifests

    before, after = load_suite("before.toml"), load_suite("after.toml")
    pretrainings = trainings_of(before, before.backbone, [("erm", 0), ("mixup", 0)], "cpu")
    test = load(after.data).test
    for row, job in zip(
        made["settings"][0]["rows"],
        fine_tunings(after, before.backbone, pretrainings, "cpu").values(),
        strict=True,
    ):
        predicted = logits_of(stored_model(Store(place / "runs"), job.training), test.pixels()).argmax(1)
        assert row["cells"][0]["mean"] == pytest.approx(float((predicted != test.labels).double().mean()))
    assert made["claims"][0]["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("on", "change", "words"),
    [
        (
            "digits",
            ("", ""),
            "needed a suite of 1x28x28 images with the stem strided to pretrain on, got digits of 1x8x8",
        ),
        ("before.toml", ('onto = "after.toml"\n', ""), "needed a suite to fine-tune for, got none"),
    ],
)
def test_wrong_usage_is_one_line_and_trains_nothing(
    place: Path, capsys: pytest.CaptureFixture[str], on: str, change: tuple[str, str], words: str
) -> None:
    (place / "mine.toml").write_text(MINE.replace(*change) if change[0] else MINE, encoding="utf-8")

    assert main(["reproduce", "mine.toml", "--on", on, "--seeds", "1"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1
    assert not (place / "runs").exists()


def test_the_shipped_one_fits_its_suites() -> None:
    experiment = load_experiment("cutmix/transfer")
    assert experiment.onto
    for on in experiment.here:
        (place,) = places_of(experiment, on)
        assert place.suite
        check_alike(place.suite, load_suite(experiment.onto))
        assert place.backbone == load_suite(experiment.onto).backbone
