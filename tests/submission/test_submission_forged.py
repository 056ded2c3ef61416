"""Forged and broken submissions, each refused for its stated reason and, where it was well aimed, for that alone.

A row forges the golden record; `alone` says that nothing else may be told against it, which shows that the forgery
is whole but for the one thing that its check must find.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
from forged_method import SOURCES, SPECS
from forged_numbers import NUMBERS, ORIGIN, OUTCOMES
from forged_record import EDITED, SCHEMA, SETTING, TEXT
from forgeries import SHA, SOURCE, contribute, put
from forging import golden, reasons
from tiny import write_suite

from mixbench.results import arrays
from mixbench.results.array import Array, Per
from mixbench.results.arrays import expected
from mixbench.results.attacks import FIRST
from mixbench.results.measures import BY_NAME, OUTCOMES_VERSION
from mixbench.results.npz import MAX_FILE
from mixbench.spec.suite import known_suites, load_suite
from mixbench.submission.checks.content import check_keys

TABLE = [*SCHEMA, *TEXT, *EDITED, *SETTING, *SPECS, *SOURCES, *ORIGIN, *NUMBERS, *OUTCOMES]


def test_the_golden_record_is_a_good_submission(tmp_path):
    assert reasons(golden().write(tmp_path)) == []


def test_a_contributed_method_is_a_good_submission_and_is_never_run(tmp_path):
    it = golden()
    fired = tmp_path / "fired"
    contribute(text=f"import pathlib\npathlib.Path({str(fired)!r}).touch()\n{SOURCE}")(it)
    assert reasons(it.write(tmp_path)) == []
    it.content["augmentation"] = "mine.py:Mine(alpha=1.0)+label_smoothing(epsilon=0.1)"
    it.content["method_versions"]["label_smoothing"] = 1
    it.retrain()
    assert reasons(it.write(tmp_path)) == []
    assert not fired.exists()


def test_what_several_processes_trained_in_micro_batches_is_a_good_submission(tmp_path):
    it, division = golden(), {"processes": 2, "micro_batch": 64}
    it.content["provenance"] |= division
    it.retrain(**division)
    assert reasons(it.write(tmp_path)) == []


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_a_forgery_is_refused_for_its_reason(tmp_path, row):
    it = golden()
    row.forge(it)
    found = reasons(it.write(tmp_path))
    assert [reason for reason in found if row.words in reason], found
    assert all(reason.isprintable() for reason in found)
    if row.alone:
        assert len(found) == 1, found


def test_there_are_more_than_60_forgeries_under_names_of_their_own():
    assert len(TABLE) > 100
    assert len({row.name for row in TABLE}) == len(TABLE)


def test_every_reason_is_given_and_not_only_the_first(tmp_path):
    it = golden()
    for row in (*SETTING[3:6], *ORIGIN[:2], *NUMBERS[:3], *OUTCOMES[-4:-1]):
        row.forge(it)
    put("verified", True)(it)
    found = reasons(it.write(tmp_path))
    for words in ("verified: unknown key", "suite: needed", "settings.eps", "provenance.dirty", "noise50.given"):
        assert [reason for reason in found if words in reason], words
    assert len(found) > 5


def test_reasons_are_counted_where_they_are_too_many(tmp_path):
    it = golden()
    it.content["settings"] |= {f"key{number}": 1 for number in range(500)}
    found = reasons(it.write(tmp_path))
    assert len(found) == 201
    assert found[-1] == "and 300 more reasons"


def test_a_link_and_a_folder_are_no_submission(tmp_path):
    it = golden()
    path = it.write(tmp_path)
    (tmp_path / "link.json").symlink_to(path)
    assert reasons(tmp_path / "link.json") == ["file: a symbolic link; put the file itself there"]
    (tmp_path / "folder.json").mkdir()
    assert reasons(tmp_path / "folder.json") == ["needed a readable JSON file, got a folder"]
    (tmp_path / "tiny-golden.npz").rename(tmp_path / "elsewhere.npz")
    (tmp_path / "tiny-golden.npz").symlink_to(tmp_path / "elsewhere.npz")
    assert reasons(path) == ["outcomes.file: tiny-golden.npz is a symbolic link; put the file itself there"]


def test_an_unknown_suite_s_many_examples_are_not_computed_from(tmp_path, monkeypatch):
    monkeypatch.setattr("mixbench.submission.judge.check_recomputed", lambda *_: pytest.fail("recomputed"))
    it = golden()
    it.content["suite_digest"] = SHA
    it.content["settings"]["data"]["test_images"] = most = max(suite.data.test_images for suite in shipped()) + 1
    for name, values in it.outcomes.items():
        if values.shape[-1:] == (360,):
            it.outcomes[name] = np.resize(values, (*values.shape[:-1], most))
    found = reasons(it.write(tmp_path))
    assert "settings: no suite's that the outcomes could be held against" in found


def test_an_unknown_suite_s_many_pairs_are_not_computed_from(tmp_path, monkeypatch):
    monkeypatch.setattr("mixbench.submission.judge.check_recomputed", lambda *_: pytest.fail("recomputed"))
    it = golden()
    it.content["suite_digest"] = SHA
    it.content["settings"]["pairs"] = 50_001
    found = reasons(it.write(tmp_path))
    assert "settings: no suite's that the outcomes could be held against" in found


def shipped():
    return known_suites().values()


def test_outcomes_of_any_size_are_not_read(tmp_path):
    path = golden().write(tmp_path)
    with (tmp_path / "tiny-golden.npz").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert reasons(path) == [f"outcomes.file: tiny-golden.npz has {MAX_FILE + 1} bytes, at most {MAX_FILE}"]


@pytest.mark.parametrize("wrong", [False, True])
def test_a_suites_own_noisy_labels_are_held_against_the_true_ones(tmp_path, wrong):
    """A suite with a file of given labels has one training more; its corrupted labels are those that are wrong."""
    section = f'[data.given_labels]\nfile = "labels.npy"\nsha256 = "{SHA}"\n\n[transform]'
    suite = load_suite(write_suite(tmp_path, ("[transform]", section)))
    it = golden()
    it.outcomes |= {name.replace("noise20", "noise_given"): each for name, each in it.outcomes.items()}
    it.outcomes["noise_given.train_loss"] = it.outcomes["noise_given.train_loss"] * 1.1
    it.outcomes["noise_given.corrupted"] = it.outcomes["noise_given.given"] != it.outcomes["model.given"]
    it.outcomes["noise_given.corrupted"][0] ^= wrong
    it.recompute()
    it.content |= {"suite_digest": suite.digest, "settings": suite.settings}
    it.content["trainings"]["noise_given"] = SHA
    it.content["provenance"]["seconds"]["noise_given"] = 1.0
    it.retrain(suite)
    needed = ["outcomes.noise_given.corrupted: not the given labels that are wrong"] if wrong else []
    assert reasons(it.write(tmp_path), suite=suite) == needed


def test_a_measure_that_was_added_after_the_record_is_not_missed(tmp_path, monkeypatch):
    late, always = "calibration.brier", "calibration.nll"
    monkeypatch.setitem(BY_NAME, late, replace(BY_NAME[late], since=2))
    monkeypatch.setattr("mixbench.submission.checks.setting.OUTCOMES_VERSION", 2)
    it = golden()
    assert "version" not in it.content["outcomes"]
    assert reasons(it.write(tmp_path)) == []
    del it.content["readings"][late]
    assert reasons(it.write(tmp_path)) == []
    it.content["outcomes"]["version"] = 2
    assert f"readings.{late}: is missing, though the outcomes have it" in reasons(it.write(tmp_path))
    it.content["outcomes"]["version"] = 1
    del it.content["readings"][always]
    assert f"readings.{always}: is missing, though the outcomes have it" in reasons(it.write(tmp_path))


def test_an_array_that_was_added_after_the_record_is_not_missed(tmp_path, monkeypatch):
    """A record holds every array up to its own version, and no other."""
    version = OUTCOMES_VERSION + 1
    late = Array("late.white.rank", "uint16", (Per.TEST,), lambda classes: (1, classes), "late", since=version)
    monkeypatch.setattr("mixbench.results.arrays.ARRAYS", (*expected(arrays.ROLES, (), FIRST), late))
    monkeypatch.setitem(arrays.BY_NAME, late.name, late)
    monkeypatch.setattr("mixbench.submission.checks.setting.OUTCOMES_VERSION", version)
    it = golden()
    assert reasons(it.write(tmp_path)) == []
    it.recompute()
    it.content["outcomes"]["version"] = version
    assert reasons(it.write(tmp_path)) == ["outcomes.late.white.rank: is missing"]
    it.outcomes[late.name] = np.ones(len(it.outcomes["labels"]), dtype=np.uint16)
    assert reasons(it.write(tmp_path)) == []
    it.content["outcomes"]["version"] = version - 1
    assert reasons(it.write(tmp_path)) == ["outcomes.late.white.rank: unknown array"]


def test_what_is_newer_than_this_installation_is_said(tmp_path):
    it = golden()
    it.content["outcomes"]["version"] = OUTCOMES_VERSION + 1
    it.content["groups"] = ["square", "square"]
    said = reasons(it.write(tmp_path))
    assert [line.partition(":")[0] for line in said[:3]] == ["outcomes.version", "groups", "groups"]


def test_many_keys_that_are_there_twice_are_told_in_time(tmp_path):
    """Counting each among all others would take minutes."""
    keys = ", ".join(f'"k{number}": 0' for number in range(100_000))
    path = tmp_path / "twice.json"
    path.write_text(f"{{{keys}, {keys}}}")
    started = time.process_time()
    found = list(check_keys(path))
    assert time.process_time() - started < 20
    assert (len(found), found[-1]) == (100_000, "k99999: is there twice")
