"""`mixbench check`: what is held against what, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gates import BAD, GOOD, HARD, OTHER, draw, listed, measures, refusal, training, worsened, write

from mixbench.cli.check import check


@pytest.fixture(autouse=True)
def not_on_github(monkeypatch):
    """The tests of this project run on GitHub too."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def good(tmp_path) -> Path:
    """A baseline."""
    return write(tmp_path / "good", GOOD)


@pytest.fixture
def bad(tmp_path) -> Path:
    """The same under FGSM with far more errors."""
    return write(tmp_path / "bad", BAD)


def test_a_record_against_itself_is_ok(good, capsys):
    assert check(good, baseline=good) == 0
    said = capsys.readouterr().out
    assert "ok: none of 25 measures regressed" in said
    assert check(good.parent, baseline=good.parent) == 0


def test_a_record_against_itself_is_ok_without_its_outcomes(good):
    good.with_suffix(".npz").unlink()
    assert check(good, baseline=good) == 0


def test_a_regression_is_found_and_named(good, bad, capsys):
    assert check(bad, baseline=good) == 1
    said = capsys.readouterr().out
    assert "regression: 1 of 25 measures (fgsm.white.top1_error)" in said
    code, found = listed(capsys, bad, baseline=good)
    assert (code, found["exit_code"], found["verdict"]) == (1, 1, "regression")
    rows = measures(found)
    fgsm, clean = rows["fgsm.white.top1_error"], rows["clean.top1_error"]
    assert (fgsm["verdict"], clean["verdict"]) == ("regression", "ok")
    true = (BAD["fgsm.white.rank"] > 1).mean() - (GOOD["fgsm.white.rank"] > 1).mean()
    assert fgsm["difference"] == pytest.approx(true)
    assert fgsm["low"] < true < fgsm["high"]
    assert fgsm["p_holm"] == fgsm["p"] < 1e-6
    assert rows["noise20.train_error_corrupted"]["verdict"] == "not gated"


def test_an_improvement_is_ok(good, bad):
    assert check(good, baseline=bad) == 0


def test_a_tolerance_is_heeded(good, bad):
    assert check(bad, baseline=good, tolerance=["fgsm.white.top1_error=0.9"]) == 0


def test_worse_but_perhaps_by_chance_is_inconclusive(good, tmp_path, capsys):
    slightly = write(tmp_path / "slightly", worsened(GOOD, np.random.default_rng(3), 0.02))
    code, found = listed(capsys, slightly, baseline=good, tolerance=["fgsm.white.top1_error=0.001"])
    assert (code, found["verdict"]) == (3, "inconclusive")
    assert "may be chance" in measures(found)["fgsm.white.top1_error"]["reason"]
    options = {"tolerance": ["fgsm.white.top1_error=0.001"], "allow_inconclusive": True}
    assert check(slightly, baseline=good, **options) == 0


def test_a_regression_is_never_allowed(good, bad):
    assert check(bad, baseline=good, allow_inconclusive=True) == 1


def test_too_few_examples_are_inconclusive(tmp_path, capsys):
    few = [write(tmp_path / name, draw(np.random.default_rng(seed), HARD[:8])) for seed, name in ((11, "a"), (12, "b"))]
    code, found = listed(capsys, few[1], baseline=few[0])
    assert code == 3
    assert any("too little evidence" in each["reason"] for each in measures(found).values())


def test_missing_outcomes_are_inconclusive(good, bad, capsys):
    bad.with_suffix(".npz").unlink()
    code, found = listed(capsys, bad, baseline=good)
    assert code == 3
    assert "outcomes are missing" in measures(found)["clean.top1_error"]["reason"]


@pytest.mark.parametrize(("columns", "whole"), [("80", False), ("106", True)])
def test_a_narrow_terminal_gets_fewer_columns_and_no_cut_ones(good, bad, capsys, monkeypatch, columns, whole):
    monkeypatch.setenv("COLUMNS", columns)
    assert check(bad, baseline=good) == 1
    said = capsys.readouterr().out
    assert "…" not in said
    assert any(line.startswith("fgsm.white.top1_error ") and "] " in line for line in said.splitlines())
    assert ("<0.0001" in said) is whole
    assert ("Left out" in said) is not whole


def test_a_reason_that_many_measures_have_is_said_once(good, bad, capsys):
    bad.with_suffix(".npz").unlink()
    assert check(bad, baseline=good) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("outcomes are missing beside a record") == 1
    assert "- clean.top1_error, clean.top5_error, fgsm.white.top1_error, " in said


def test_single_records_compare_whatever_their_augmentation_or_seed(good, tmp_path):
    other = write(tmp_path / "other", GOOD, aug="mixup(alpha=1.0)", seed=5)
    assert check(other, baseline=good) == 0
    assert "same suite, backbone and augmentation" in refusal(other.parent, baseline=good.parent)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"suite_digest": "0" * 64}, "needed both records under one suite"),
        ({"battery_version": 2}, "needed both records under one battery"),
        ({"backbone": "resnet18"}, "needed both records under one backbone"),
    ],
)
def test_another_suite_battery_or_backbone_is_refused(good, tmp_path, change, says):
    other = write(tmp_path / "other", GOOD, **change)
    assert says in refusal(other, baseline=good)
    if "backbone" not in change:
        assert says in refusal(other.parent, baseline=good.parent)


def test_the_same_seeds_of_a_folder_are_paired(tmp_path, capsys):
    for seed in range(3):
        write(tmp_path / "before", training(seed), seed=seed)
        write(tmp_path / "after", training(seed, 0.3), seed=seed)
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 1
    row = measures(found)["fgsm.white.top1_error"]
    assert (row["verdict"], row["over"]) == ("regression", "examples")
    assert found["rows"][0]["candidate"]["seeds"] == [0, 1, 2]


def test_other_seeds_are_compared_over_seeds(tmp_path, capsys):
    for seed in range(6):
        write(tmp_path / "before", training(seed), seed=seed)
        write(tmp_path / "after", training(seed, 0.3), seed=seed + 10)
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 1
    row = measures(found)["fgsm.white.top1_error"]
    assert (row["verdict"], row["over"]) == ("regression", "seeds")


def test_one_other_seed_is_no_evidence(tmp_path, capsys):
    write(tmp_path / "before", GOOD, seed=0)
    write(tmp_path / "after", GOOD, seed=1)
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 3
    assert "measure the same seeds" in measures(found)["clean.top1_error"]["reason"]


def test_what_the_candidate_lacks_is_never_passed_over(tmp_path, capsys):
    for aug in ("erm", "mixup(alpha=1.0)"):
        write(tmp_path / "before", GOOD, aug=aug)
    write(tmp_path / "before", OTHER, seed=1)
    write(tmp_path / "after", GOOD)
    write(tmp_path / "after", OTHER, aug="cutout(size=0.5)")
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 3
    assert len(found["missing"]) == 2
    assert ["cutout" in each for each in found["new"]] == [True]
    assert check(tmp_path / "before", baseline=tmp_path / "after") == 3
    (tmp_path / "after" / write(tmp_path / "after", OTHER, aug="cutout(size=0.5)").name).unlink()
    assert check(tmp_path / "before", baseline=tmp_path / "after") == 0


def test_seeds_that_only_the_candidate_has_are_new_where_others_match(tmp_path, capsys):
    for folder, seeds in (("before", (0, 1)), ("after", (1, 2)), ("others", (2, 3))):
        for seed in seeds:
            write(tmp_path / folder, training(seed), seed=seed)
    _, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert (len(found["new"]), len(found["missing"])) == (1, 1)
    _, found = listed(capsys, tmp_path / "others", baseline=tmp_path / "before")
    assert found["new"] == found["missing"] == []


def test_other_wrong_labels_or_other_examples_among_the_seeds_are_refused(good, tmp_path):
    redrawn = {**GOOD, "noise20.given": np.where(GOOD["noise20.corrupted"], 1, 0)}
    assert "other noise20.given" in refusal(write(tmp_path / "redrawn", redrawn), baseline=good)
    other = OTHER | {"labels": np.full_like(OTHER["labels"], 1)}
    for folder in ("before", "after"):
        write(tmp_path / folder, GOOD if folder == "before" else BAD, seed=0)
        write(tmp_path / folder, other, seed=1)
    assert "other labels" in refusal(tmp_path / "after", baseline=tmp_path / "before")


def test_a_measure_that_the_candidate_lacks_is_inconclusive(good, tmp_path, capsys):
    thinner = {name: values for name, values in GOOD.items() if not name.startswith("fgsm.black")}
    code, found = listed(capsys, write(tmp_path / "thinner", thinner), baseline=good)
    assert code == 3
    lacking = measures(found)["fgsm.black.top1_error"]
    assert (lacking["verdict"], lacking["tolerance"]) == ("inconclusive", 0.04)
    assert check(good, baseline=tmp_path / "thinner" / good.name) == 0


def test_two_records_of_one_seed_are_refused(tmp_path):
    path = write(tmp_path / "runs", GOOD)
    path.with_name("again.json").write_bytes(path.read_bytes())
    assert "needed one record of erm" in refusal(tmp_path / "runs", baseline=path)


@pytest.mark.parametrize("board", ["records", "kept/records"])
def test_records_that_a_board_beside_them_would_hide_are_refused(good, bad, board):
    write(bad.parent / board, GOOD)
    assert "give one of the two" in refusal(bad.parent, baseline=good)
    assert check(bad.parent / board, baseline=good.parent) == 0


@pytest.mark.parametrize("place", ["candidate", "baseline"])
def test_nothing_there_is_refused(good, tmp_path, place):
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "nowhere", tmp_path / "empty"):
        words = (nothing, good) if place == "candidate" else (good, nothing)
        assert place in refusal(words[0], baseline=words[1])


def test_the_command_line_says_the_same(mixbench, good, bad):
    assert mixbench("check", good, "--baseline", good).code == 0
    said = mixbench("check", bad, "--baseline", good, "--json", "--tolerance", "clean.top1_error=0.02")
    assert (said.code, json.loads(said.out)["verdict"]) == (1, "regression")
    said = mixbench("check", bad, "--baseline", good, "--tolerance", "clean.top1_eror=1")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "Did you mean" in said.err


def test_it_loads_no_torch():
    code = "import sys, mixbench.cli.check; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_goes_early_is_no_regression(good, more, both):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "mixbench", "check", str(good), "--baseline", str(good), *more]
    done = subprocess.run(command, stdout=writer, stderr=writer if both else subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 141
    assert both or done.stderr == ""
