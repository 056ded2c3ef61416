"""`mixbench check`: strangers' records, what GitHub and JUnit get, and the baseline written on purpose."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gates import BAD, GOOD, HARD, calibrate, draw, listed, refusal, training, worsened, write

from mixbench.cli.check import check
from mixbench.results.record import seal


@pytest.fixture(autouse=True)
def not_on_github(monkeypatch):
    """The tests of this project run on GitHub too."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def good(tmp_path) -> Path:
    """A baseline, and beside it what is known of its suite."""
    return calibrate(write(tmp_path / "good", GOOD))


@pytest.fixture
def bad(tmp_path) -> Path:
    """The same under FGSM with far more errors."""
    return write(tmp_path / "bad", BAD)


def test_outcomes_of_another_hash_are_refused(good, bad):
    good.with_suffix(".npz").write_bytes(bad.with_suffix(".npz").read_bytes())
    assert "SHA-256" in refusal(bad, baseline=good)


def test_readings_that_the_outcomes_do_not_give_are_refused(good, bad):
    content = json.loads(bad.read_text())
    better = {**content["readings"], "fgsm.white.top1_error": {**content["readings"]["clean.top1_error"], "n": 400}}
    forged = write(bad.parent / "forged", BAD, readings=better)
    assert "outcomes that give its fgsm.white.top1_error" in refusal(forged, baseline=good)


@pytest.mark.parametrize(
    "change",
    [
        {"clean.rank": np.ones((400, 400), np.uint16)},
        {"clean.rank": np.ones(3, np.uint16)},
        {"clean.rank": np.ones(0, np.uint16)},
        {"clean.log_probability": np.full(400, np.nan)},
        {"between.miss_mixup": np.zeros((200, 0), bool)},
        {"noise20.corrupted": np.zeros(7, bool)},
    ],
    ids=["square", "short", "empty", "nan", "no-lambda", "mask"],
)
def test_outcomes_of_odd_shapes_are_refused(good, tmp_path, monkeypatch, change):
    content = json.loads(good.read_text())
    monkeypatch.setattr("gates.read", lambda outcomes: {})
    forged = write(tmp_path / "forged", {**GOOD, **change}, readings=content["readings"])
    assert "needed outcomes that give" in refusal(forged, baseline=good)


def test_other_test_labels_are_refused(good, tmp_path):
    other = {
        **GOOD,
        "labels": GOOD["labels"] + 1,
        **{f"noise{k}.test_predicted": GOOD[f"noise{k}.test_predicted"] + 1 for k in (20, 50, 80)},
    }
    assert "same examples" in refusal(write(tmp_path / "other", other), baseline=good)


def over_other_seeds(folder: Path, readings: dict | None = None, examples: int = 400) -> Path:
    """Three trainings far worse under FGSM, with seeds that `before` has not; perhaps with forged readings."""
    for seed in range(3):
        changes: dict[str, Any] = {} if readings is None else {"readings": readings}
        hard, rng = np.sort(HARD)[:examples], np.random.default_rng([6, seed])
        write(folder, worsened(draw(rng, hard), rng, 0.4), seed=10 + seed, **changes)
    return folder


def before(folder: Path) -> Path:
    """The baseline of three other seeds."""
    for seed in range(3):
        write(folder, training(seed), seed=seed)
    return folder


def test_over_other_seeds_readings_are_held_against_their_outcomes_too(good, tmp_path):
    readings = json.loads(good.read_text())["readings"]
    forged = over_other_seeds(tmp_path / "forged", readings)
    assert "needed outcomes that give its" in refusal(forged, baseline=before(tmp_path / "before"))


@pytest.mark.parametrize("outcomes", [True, False])
def test_over_other_seeds_other_examples_are_refused(tmp_path, outcomes):
    fewer, baseline = over_other_seeds(tmp_path / "fewer", examples=200), before(tmp_path / "before")
    for path in [] if outcomes else [*fewer.glob("*.npz"), *baseline.glob("*.npz")]:
        path.unlink()
    assert "same examples, got clean.top1_error over 200 instead of 400" in refusal(fewer, baseline=baseline)


def test_a_reading_out_of_bounds_is_refused(tmp_path):
    for seed in range(4):
        outside = {"clean.top1_error": {"value": 1e30, "n": 0, "low": None, "high": None}}
        folder = tmp_path / ("before" if seed < 2 else "after")
        write(folder, GOOD, seed=seed, readings=outside).with_suffix(".npz").unlink()
    assert "clean.top1_error from 0 to 1" in refusal(tmp_path / "after", baseline=tmp_path / "before")


HOSTILE = "x\n::error::pwned\x1b[31m\u202e%0A|<script>alert(1)</script>`a`[b](http://e.vil)\x00\ud800"


def test_hostile_names_are_only_names(good, tmp_path, capsys, monkeypatch):
    evil = write(tmp_path / "evil", BAD, aug=HOSTILE, suite=HOSTILE)
    summary, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert check(evil, baseline=good, junit=junit) == 1
    said = capsys.readouterr()
    commands = [line for line in said.err.splitlines() if line.strip()]
    assert commands
    assert all(line.startswith(("::error title=mixbench check%3A ", "::warning title=")) for line in commands)
    assert "::" not in said.out
    assert not set("\x1b\u202e\x00") & set(said.out + said.err + summary.read_text() + junit.read_text())
    assert "<script" not in summary.read_text()
    assert "](http" not in summary.read_text()
    assert ElementTree.parse(junit).getroot().get("failures") == "1"
    code, found = listed(capsys, evil, baseline=good)
    assert (code, found["rows"][0]["candidate"]["augmentation"]) == (1, HOSTILE)


def test_on_github_the_findings_are_annotated_and_summed_up(good, bad, tmp_path, capsys, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    code, _ = listed(capsys, bad, baseline=good)
    assert code == 1
    text = summary.read_text()
    assert text.startswith("before\n## mixbench check: regression\n")
    assert "| fgsm.white.top1_error |" in text


def test_on_github_what_cannot_be_compared_is_annotated_too(good, tmp_path, capsys, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert "needed a record" in refusal(good, baseline=tmp_path / "now::here")
    said = capsys.readouterr().err
    assert said.startswith("::error title=mixbench check::baseline ")
    assert "needed a record or a folder of records" in said
    assert summary.read_text().startswith("## mixbench check: not compared\n\nbaseline ")


def test_elsewhere_github_hears_nothing(good, bad, capsys):
    check(bad, baseline=good)
    assert "::" not in capsys.readouterr().err


def test_a_baseline_is_made_and_replaced_on_purpose(good, bad, tmp_path, capsys):
    folder = tmp_path / "baseline"
    assert check(good.parent, baseline=folder, update_baseline=True) == 0
    assert "made from erm" in capsys.readouterr().out
    calibrate(folder)
    assert check(bad.parent, baseline=folder) == 1
    assert check(bad.parent, baseline=folder, update_baseline=True) == 0
    assert "replaced by erm" in capsys.readouterr().out
    assert check(bad.parent, baseline=folder) == 0
    assert sorted(path.name for path in folder.glob("*.*")) == sorted([bad.name, bad.with_suffix(".npz").name])


def test_a_replaced_baseline_leaves_nothing_of_the_old_one(good, bad, tmp_path):
    folder = tmp_path / "baseline"
    for name in ("older", "old"):
        made = json.loads(good.read_text())
        (folder / f"{name}.npz").parent.mkdir(exist_ok=True)
        (folder / f"{name}.npz").write_bytes(good.with_suffix(".npz").read_bytes())
        del made["digest"]
        (folder / f"{name}.json").write_bytes(seal({**made, "outcomes": {**made["outcomes"], "file": f"{name}.npz"}}))
    assert check(bad.parent, baseline=folder, update_baseline=True) == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(["old.json", bad.with_suffix(".npz").name])


def test_a_baseline_keeps_the_outcomes_of_its_other_records(good, tmp_path):
    folder = tmp_path / "baseline"
    assert check(good, baseline=folder, update_baseline=True) == 0
    other = good.with_name("other.json")
    made = json.loads(good.read_text())
    del made["digest"]
    other.write_bytes(seal({**made, "augmentation": "mixup(alpha=1.0)"}))
    assert "outcomes with a name of their own" in refusal(other, baseline=folder, update_baseline=True)
    assert [path.name for path in folder.glob("*.json")] == [good.name]


def test_a_baseline_file_is_replaced(good, bad, tmp_path):
    file = tmp_path / "kept" / "baseline.json"
    assert check(good, baseline=file, update_baseline=True) == 0
    assert check(bad, baseline=file, update_baseline=True) == 0
    assert file.read_bytes() == bad.read_bytes()
    assert check(bad, baseline=file) == 0


def test_without_outcomes_nothing_becomes_a_baseline(good, tmp_path):
    good.with_suffix(".npz").unlink()
    assert "needed its outcomes" in refusal(good, baseline=tmp_path / "new", update_baseline=True)
    assert not (tmp_path / "new").exists()


def test_a_board_is_no_baseline_to_write(good, tmp_path):
    board = tmp_path / "board"
    write(board / "tiny" / "records", GOOD)
    assert check(good.parent, baseline=board) == 0
    assert "mixbench submit" in refusal(good.parent, baseline=board, update_baseline=True)


def test_junit_under_a_file_is_refused(good, tmp_path):
    (tmp_path / "file").write_text("")
    assert "--junit" in refusal(good, baseline=good, junit=tmp_path / "file" / "junit.xml")


def test_a_baseline_of_another_suite_is_replaced_on_purpose(good, tmp_path, capsys):
    newer = write(tmp_path / "newer", GOOD, suite_digest="0" * 64)
    assert check(newer.parent, baseline=good.parent, update_baseline=True) == 0
    assert "not compared" in capsys.readouterr().err
    assert good.read_bytes() == newer.read_bytes()
    assert check(newer.parent, baseline=good.parent) == 0


def test_a_broken_baseline_file_is_replaced_on_purpose(good, tmp_path):
    broken = tmp_path / "broken" / "baseline.json"
    broken.parent.mkdir()
    broken.write_text("{")
    assert "needed a readable JSON file" in refusal(good, baseline=broken)
    assert check(good, baseline=broken, update_baseline=True) == 0
    assert check(good, baseline=broken) == 0


def test_a_baseline_of_several_records_is_a_folder(tmp_path):
    for seed in range(2):
        write(tmp_path / "runs", GOOD, seed=seed)
    words = {"baseline": tmp_path / "baseline.json", "update_baseline": True}
    assert "needed one record for one file, got 2" in refusal(tmp_path / "runs", **words)
