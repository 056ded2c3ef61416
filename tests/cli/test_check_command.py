"""`mixbench check`: what is held against what, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gates import (
    BAD,
    GATES,
    GOOD,
    HARD,
    OTHER,
    calibrate,
    calibration,
    draw,
    listed,
    measures,
    refusal,
    training,
    worsened,
    write,
)

from mixbench.cli.check import check


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


def test_a_record_against_itself_is_ok(good, capsys):
    assert check(good, baseline=good) == 0
    said = capsys.readouterr().out
    assert f"ok: none of {GATES} measures regressed" in said
    assert check(good.parent, baseline=good.parent) == 0


def test_a_record_against_itself_is_ok_without_its_outcomes(good):
    good.with_suffix(".npz").unlink()
    assert check(good, baseline=good) == 0


def test_a_regression_is_found_and_named(good, bad, capsys):
    assert check(bad, baseline=good) == 1
    said = capsys.readouterr().out
    assert f"regression: 1 of {GATES} measures (fgsm.white.top1_error)" in said
    code, found = listed(capsys, bad, baseline=good)
    assert (code, found["exit_code"], found["verdict"]) == (1, 1, "regression")
    rows = measures(found)
    fgsm, clean = rows["fgsm.white.top1_error"], rows["clean.top1_error"]
    assert (fgsm["verdict"], clean["verdict"]) == ("regression", "ok")
    true = (BAD["fgsm.white.rank"] > 1).mean() - (GOOD["fgsm.white.rank"] > 1).mean()
    assert fgsm["difference"] == pytest.approx(true)
    assert fgsm["low"] < true < fgsm["high"]
    assert fgsm["p_holm"] == fgsm["p"] < 0.02
    assert rows["noise20.test_error_best"]["verdict"] == "not gated"


def test_an_improvement_is_ok_and_called_one(good, bad, capsys):
    calibrate(bad)
    code, found = listed(capsys, good, baseline=bad)
    assert (code, found["verdict"]) == (0, "ok")
    assert measures(found)["fgsm.white.top1_error"]["verdict"] == "improved"
    assert check(good, baseline=bad) == 0
    said = capsys.readouterr().out
    assert "regressed, 1 improved" in said
    assert any(line.startswith("fgsm.white.top1_error ") and "improved" in line for line in said.splitlines())


def test_one_training_of_an_unknown_suite_is_no_evidence(tmp_path, capsys):
    for name, outcomes in (("good", GOOD), ("bad", BAD)):
        write(tmp_path / name, outcomes)
    code, found = listed(capsys, tmp_path / "bad", baseline=tmp_path / "good")
    assert (code, found["rows"][0]["calibrated"]) == (3, None)
    assert "nothing is known" in measures(found)["fgsm.white.top1_error"]["reason"]
    assert [(each["side"], each["seeds"]) for each in found["decide"]] == [("candidate", [1, 2]), ("baseline", [1, 2])]


def test_a_calibration_is_made_beside_the_baseline_and_stays(tmp_path, capsys):
    for seed in range(4):
        write(tmp_path / "runs", training(20 + seed), seed=seed)
        write(tmp_path / "runs", training(30 + seed), aug="mixup(alpha=1.0)", seed=seed)
    for name, outcomes in (("good", GOOD), ("bad", training(0, 0.95))):
        write(tmp_path / name, outcomes)
    code, found = listed(capsys, tmp_path / "bad", baseline=tmp_path / "good", calibrate=tmp_path / "runs")
    assert (code, found["rows"][0]["calibrated"]) == (1, True)
    assert check(tmp_path / "bad", baseline=tmp_path / "good") == 1
    assert "got one each" in refusal(tmp_path / "bad", baseline=tmp_path / "good", calibrate=tmp_path / "bad")


def test_a_broken_calibration_is_refused(good, bad):
    next((good.parent / "calibration").glob("*.json")).write_text("{}")
    assert "make it anew" in refusal(bad, baseline=good)


MASKED = "gradient_masking: ten small steps fool it less often than one large step"


@pytest.mark.parametrize(("seeds", "code"), [(1, 3), (3, 1)])
def test_a_flag_that_the_baseline_lacks_is_never_ok(tmp_path, capsys, seeds, code):
    for seed in range(seeds):
        write(tmp_path / "before", training(seed), seed=seed)
        write(tmp_path / "after", training(seed), seed=seed, flags=[MASKED])
    calibrate(tmp_path / "before")
    found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert found[0] == code
    assert [each["flag"] for each in found[1]["rows"][0]["new_flags"]] == [MASKED]
    check(tmp_path / "after", baseline=tmp_path / "before")
    assert "new flag gradient_masking" in capsys.readouterr().out.splitlines()[-1]
    assert check(tmp_path / "before", baseline=tmp_path / "after") == 0
    for path in (tmp_path / "before").glob("*.json"):
        write(tmp_path / "before", training(0), seed=json.loads(path.read_text())["seed"], flags=[MASKED])
    assert listed(capsys, tmp_path / "after", baseline=tmp_path / "before")[1]["rows"][0]["new_flags"] == []


def test_a_flag_with_other_numbers_is_no_new_one(tmp_path, capsys):
    for name, share in (("before", "2.3%"), ("after", "4%")):
        write(tmp_path / name, GOOD, flags=[f"zero_gradient: the gradient is exactly zero on {share} of the images"])
    assert listed(capsys, tmp_path / "after", baseline=tmp_path / "before")[1]["rows"][0]["new_flags"] == []


def test_small_steps_are_held_against_the_anchor(tmp_path, capsys):
    for step, share in (("first", 0.0), ("second", 0.2), ("third", 0.35)):
        for seed in range(3):
            write(tmp_path / step, training(seed, share), seed=seed)
    calibrate(tmp_path / "second")
    words = {"baseline": tmp_path / "second", "tolerance": ["fgsm.white.top1_error=0.12"]}
    assert check(tmp_path / "third", **words) == 0
    code, found = listed(capsys, tmp_path / "third", **words, anchor=tmp_path / "first")
    assert code == 1
    assert [row["against"] for row in found["rows"]] == ["baseline", "anchor"]
    assert {each["measure"]: each["verdict"] for each in found["rows"][1]["measures"]}[
        "fgsm.white.top1_error"
    ] == "regression"


def test_missing_records_are_never_allowed(tmp_path, capsys):
    for seed in range(3):
        write(tmp_path / "before", training(seed), seed=seed)
    write(tmp_path / "after", training(0), seed=0)
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before", allow_inconclusive=True)
    assert (code, len(found["missing"])) == (3, 2)
    assert found["decide"] == [
        {
            "side": "candidate", "suite": "tiny", "backbone": "test_resnet", "augmentation": "erm", "seeds": [1, 2],
            "command": f"mixbench eval --aug erm --suite tiny.toml --model test_resnet --seed 1 --seed 2"
            f" --runs {tmp_path / 'after'}",
        }
    ]  # fmt: skip


def test_weights_from_elsewhere_are_held_against_others_by_name(tmp_path, capsys):
    for seed in range(3):
        for folder, share in (("before", 0.0), ("after", 0.4)):
            outcomes = {name: each for name, each in training(seed, share).items() if not name.startswith("noise")}
            write(tmp_path / folder, outcomes, aug="external", seed=seed, name="mine")
    calibrate(tmp_path / "before")
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert (code, found["rows"][0]["candidate"]["seeds"]) == (1, [0, 1, 2])
    assert "external mine" in found["rows"][0]["title"]


def test_a_tolerance_is_heeded(good, bad):
    assert check(bad, baseline=good, tolerance=["fgsm.white.top1_error=0.9"]) == 0


def test_worse_but_perhaps_by_chance_is_inconclusive(good, tmp_path, capsys):
    slightly = write(tmp_path / "slightly", worsened(GOOD, np.random.default_rng(3), 0.02))
    code, found = listed(capsys, slightly, baseline=good, tolerance=["fgsm.white.top1_error=0.001"])
    assert (code, found["verdict"]) == (3, "inconclusive")
    fgsm = measures(found)["fgsm.white.top1_error"]
    assert "may be chance" in fgsm["reason"]
    assert fgsm["p"] == fgsm["p_holm"] > 0.02
    options = {"tolerance": ["fgsm.white.top1_error=0.001"], "allow_inconclusive": True}
    assert check(slightly, baseline=good, **options) == 0


def test_a_regression_is_never_allowed(good, bad):
    assert check(bad, baseline=good, allow_inconclusive=True) == 1


def test_too_few_examples_are_inconclusive(tmp_path, capsys):
    for name, first in (("a", 11), ("b", 20)):
        for seed in range(2):
            write(tmp_path / name, draw(np.random.default_rng(first + seed), HARD[:8]), seed=seed)
    code, found = listed(capsys, tmp_path / "b", baseline=tmp_path / "a")
    assert code == 3
    assert any("too little evidence" in each["reason"] for each in measures(found).values())


def test_missing_outcomes_are_inconclusive_and_never_allowed(good, bad, capsys):
    bad.with_suffix(".npz").unlink()
    code, found = listed(capsys, bad, baseline=good)
    assert code == 3
    assert check(bad, baseline=good, allow_inconclusive=True) == 3
    assert "outcomes are missing" in measures(found)["clean.top1_error"]["reason"]


@pytest.mark.parametrize(("columns", "whole"), [("80", False), ("106", True)])
def test_a_narrow_terminal_gets_fewer_columns_and_no_cut_ones(good, bad, capsys, monkeypatch, columns, whole):
    monkeypatch.setenv("COLUMNS", columns)
    assert check(bad, baseline=good) == 1
    said = capsys.readouterr().out
    assert "…" not in said
    assert any(line.startswith("fgsm.white.top1_error ") and "] " in line for line in said.splitlines())
    assert "ok (" in said
    assert any(line.split()[-2:] == ["sees", "verdict"] for line in said.splitlines()) is whole
    assert max(map(len, said.splitlines())) <= int(columns)
    assert all(line == line.rstrip() for line in said.splitlines())


def test_a_reason_that_many_measures_have_is_said_once(good, bad, capsys):
    bad.with_suffix(".npz").unlink()
    assert check(bad, baseline=good) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("outcomes are missing beside a record") == 1
    assert "- clean.top1_error, clean.top5_error, clean.worst_class_error, " in said


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
    calibrate(tmp_path / "before")
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 1
    row = measures(found)["fgsm.white.top1_error"]
    assert (row["verdict"], row["over"]) == ("regression", "examples")
    assert found["rows"][0]["candidate"]["seeds"] == [0, 1, 2]


def test_other_seeds_are_compared_over_seeds(tmp_path, capsys):
    for seed in range(6):
        write(tmp_path / "before", training(seed), seed=seed)
        write(tmp_path / "after", training(seed, 0.4), seed=seed + 10)
    calibrate(tmp_path / "before")
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 1
    row = measures(found)["fgsm.white.top1_error"]
    assert (row["verdict"], row["over"]) == ("regression", "seeds")


def test_one_other_seed_is_no_evidence(tmp_path, capsys):
    write(tmp_path / "before", GOOD, seed=0)
    write(tmp_path / "after", OTHER, seed=1)
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert code == 3
    assert "measure two seeds or more" in measures(found)["clean.top1_error"]["reason"]


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


def test_seeds_that_only_one_side_has_count_too(tmp_path, capsys):
    for folder, seeds in (("before", (0, 1)), ("after", (1, 2)), ("others", (2, 3))):
        for seed in seeds:
            write(tmp_path / folder, training(seed, 0.1 * (folder == "after")), seed=seed)
    _, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    assert (len(found["new"]), len(found["missing"])) == (0, 1)
    assert found["rows"][0]["candidate"]["seeds"] == [1, 2]
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
    assert (lacking["verdict"], lacking["tolerance"]) == (
        "inconclusive",
        calibration().tolerance(lacking["measure"], "erm"),
    )
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


def test_models_given_in_python_are_asked_for_in_python(tmp_path, capsys):
    outcomes = {name: each for name, each in GOOD.items() if not name.startswith("noise")}
    changed = {name: each for name, each in BAD.items() if not name.startswith("noise")}
    for folder, each in (("before", outcomes), ("after", changed)):
        write(tmp_path / folder, each, aug="external", seed=0, name="mine", backbone="module", suite="python")
    code, found = listed(capsys, tmp_path / "after", baseline=tmp_path / "before")
    calls = [f"mixbench.evaluate(…).save({str(tmp_path / 'after')!r}, 'mine', seed={seed})" for seed in (1, 2)]
    assert (code, found["decide"][0]["command"]) == (3, "; ".join(calls))
