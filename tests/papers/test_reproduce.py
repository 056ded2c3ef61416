"""`mixbench reproduce` from its file to its table, on a suite that trains in seconds."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from children import last_words, started
from paper import OF_CUTMIX
from tiny import copied_runs, write_suite

from mixbench.cli import main
from mixbench.papers.experiment import papers_folder

MINE = OF_CUTMIX.replace('title = "clean error"', 'title = "clean & <b>error</b>_%"')

BAD = """
class Bad:
    def mix(self, images, targets, rng):
        return images, targets * (float("nan") if len(images) > 200 else 1.0)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path)
    copied_runs(tmp_path)
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
    return tmp_path


def run(*words: str) -> int:
    return main(["reproduce", "mine.toml", *words])


def test_it_trains_what_is_missing_and_lays_out_beside_the_paper(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--on", "tiny.toml", "--seeds", "1", "--json") == 0
    made = json.loads(capsys.readouterr().out)

    (setting,) = made["settings"]
    erm, cutmix = setting["rows"]
    assert setting["suite"] == "tiny"
    assert erm["cells"][0]["published"] == "5.50"
    (record,) = (place / "runs").glob("*.json")
    assert cutmix["cells"][0]["mean"] == json.loads(record.read_text())["readings"]["clean.top1_error"]["value"]
    assert made["claims"][0]["verdict"] == "undecided"
    # No record was made of what is not one whole: the clean model alone was trained.
    assert len(list((place / "runs").glob("*.json"))) == 1

    assert run("--on", "tiny.toml", "--seeds", "1", "--format", "latex") == 0
    assert r"clean \& $<$b$>$error$<$/b$>$\_\%" in capsys.readouterr().out
    assert run("--on", "tiny.toml", "--seeds", "1", "--format", "markdown") == 0
    assert r"clean & \<b\>error\</b\>\_%" in capsys.readouterr().out


def test_what_lacks_its_data_is_said_and_not_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--seeds", "1") == 0
    shown = " ".join(capsys.readouterr().out.split())

    assert "(not run)" in shown
    assert "Not run: data cifar10: needed" in shown
    assert "5.50" in shown


def test_the_plan_runs_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(place.rglob("*"))
    assert run("--on", "tiny.toml", "--seeds", "2", "--plan") == 0

    assert "erm, seed 1" in capsys.readouterr().out
    assert sorted(place.rglob("*")) == before


def test_the_list_has_every_shipped_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "--list", "--json"]) == 0

    assert {"mixup/table2", "cutmix/between"} <= {each["name"] for each in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ((), "needed one of"),
        (("mixup/table2", "--seeds", "0"), "needed a number of seeds from 1 to 100"),
        (("mixup/table2", "--format", "html"), "one of table"),
        (("mixup/table2", "--on", "digit"), "Did you mean 'digits'"),
        (("--all", "--plan"), "got --plan; leave it out"),
        (("--all", "--format", "latex"), "got --format; leave it out"),
        (("mixup/table2", "--all"), "got an experiment; leave it out"),
        (("mixup/table2", "--card", "h100"), "needed --plan beside it"),
        (("mixup/table2", "--runs", "s3://bucket/runs"), "needed a folder, got a URL"),
    ],
)
def test_wrong_usage_is_one_line(words: tuple[str, ...], needed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", *words]) == 2

    error = capsys.readouterr().err
    assert needed in error
    assert len(error.strip().splitlines()) == 1


def test_a_training_that_fails_leaves_the_others_rows(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "bad.py").write_text(BAD, encoding="utf-8")
    (place / "mine.toml").write_text(MINE.replace('aug = "erm"', 'aug = "bad.py:Bad"'), encoding="utf-8")

    assert run("--on", "tiny.toml", "--seeds", "1", "--json") == 2
    made = json.loads(capsys.readouterr().out)

    (setting,) = made["settings"]
    bad, cutmix = setting["rows"]
    assert (bad["cells"][0]["mean"], setting["not_run"]) == (None, None)
    assert cutmix["cells"][0]["mean"] is not None
    assert setting["faults"]
    assert made["claims"][0]["verdict"] == "not run"


def test_what_it_trained_survives_pruning_until_its_file_of_uses_goes(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--on", "tiny.toml", "--seeds", "1", "--json") == 0
    trained = sorted((place / "runs" / "store").glob("*/*/manifest"))
    (place / "runs" / "store" / "trainings" / ("0" * 64)).mkdir()
    capsys.readouterr()

    assert main(["runs", "--prune", "--yes", "--json"]) == 0
    assert [each["path"][-64:] for each in json.loads(capsys.readouterr().out)] == ["0" * 64]
    assert sorted((place / "runs" / "store").glob("*/*/manifest")) == trained

    (use,) = (place / "runs" / "uses").iterdir()
    assert main(["runs"]) == 0
    assert f"uses/{use.name}" in "".join(capsys.readouterr().out.split())
    use.unlink()
    assert main(["runs", "--prune", "--yes", "--json"]) == 0
    # The record's erm of the surrogate's seed stays; the experiment's own, seed 0, and its examination go.
    assert sorted(each["kind"] for each in json.loads(capsys.readouterr().out)) == ["examinations", "trainings"]


def test_a_table_that_is_not_here_is_not_run_and_says_where_it_comes_from(place: Path) -> None:
    text = (papers_folder() / "mixup" / "table4.toml").read_text(encoding="utf-8")
    abalone = text[: text.index('[[settings]]\ntitle = "UCI Arcene"')]
    (place / "mine.toml").write_text(abalone, encoding="utf-8")
    # A process of its own: workers that are there already look for data where they began.
    nowhere = {"MIXBENCH_DATA": str(place / "nothing"), "XDG_CACHE_HOME": str(place / "nothing")}
    words = [sys.executable, "-m", "mixbench", "reproduce", "mine.toml", "--seeds", "1"]

    out, _ = last_words(started(words, cwd=place, env={**os.environ, **nowhere}))

    shown = " ".join(out.split())
    assert "Not run: data abalone: needed abalone.data of UCI, got none; bring them by: mkdir" in shown
    assert "74.0" in shown
