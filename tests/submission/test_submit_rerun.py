"""A record planned anew and compared: a stranger's source runs only on trust, and equal machines give equal bits."""

import hashlib
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from boards import GOLDEN, content, write_record
from forging import Forgery
from scipy import stats
from tiny import AUG, copied_runs, finished_record, plan_of, suite_path

from mixbench.results.found import Found
from mixbench.results.outcomes import dump, load_outcomes
from mixbench.results.record import load_record, seal
from mixbench.runs.request import carry_out
from mixbench.runs.rerun import rerun_plan
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.submission.reproduction import Difference, Reproduction, means_over_seeds, reproduction_of, sign_test
from mixbench.submission.shown import rerun_lines

SOURCE = """
from pathlib import Path

Path({marker!r}).write_text("executed")


class MyMix:
    def __init__(self, alpha=2):
        self.alpha = alpha

    def mix(self, images, targets, rng):
        return images, targets
"""
NAME = "my_mix.py:MyMix"


def golden() -> Path:
    (path,) = GOLDEN.glob("*.json")
    return path


def edited(path, folder, **changes):
    """A record sealed again with other content, its outcomes beside it."""
    made = json.loads(path.read_bytes())
    del made["digest"]
    for place, value in changes.items():
        *above, last = place.split("__")
        inner = made
        for part in above:
            inner = inner[part.replace("_DOT_", ".")]
        inner[last.replace("_DOT_", ".")] = value
    folder.mkdir()
    shutil.copy(path.with_suffix(".npz"), folder)
    (folder / path.name).write_bytes(seal(made))
    return Found(folder / path.name, load_record(folder / path.name))


@pytest.fixture
def contributed(tmp_path):
    """A record with the source of its method, which leaves a mark wherever it is executed."""
    marker = tmp_path / "marker"
    text = SOURCE.format(marker=str(marker))
    sha = hashlib.sha256(text.encode()).hexdigest()
    made = content(
        f"{NAME}(alpha=3)+label_smoothing(epsilon=0.1)",
        suite_digest=load_suite(suite_path()).digest,
        method_versions={NAME: sha, "label_smoothing": 1},
        sources={NAME: {"file": "my_mix.py", "sha256": sha, "text": text}},
    )
    return made, marker, tmp_path / "runs"


def planned(made, folder, **trust):
    suite = load_suite(suite_path())
    with rerun_plan(load_record(write_record(folder, made)), suite, **trust) as plan:
        spec = plan.records[0].trainings["model"]
        return spec, {name: Path(path).read_text(encoding="utf-8") for name, path in spec.sources.items()}


def test_a_contributed_method_is_never_run_without_trust(contributed):
    made, marker, folder = contributed
    with pytest.raises(MixBenchError, match=r"'my_mix.py:MyMix' is a contributed method.*give --trust-source"):
        planned(made, folder)
    assert not marker.exists()


def test_with_trust_the_very_source_of_the_record_is_run(contributed, tmp_path):
    made, marker, folder = contributed
    spec, sources = planned(made, folder, trust_source=True)
    assert marker.read_text() == "executed"
    assert sources == {NAME: made["sources"][NAME]["text"]}
    assert (spec.augmentation, spec.method_versions) == (made["augmentation"], made["method_versions"])
    given = tmp_path / "given"
    given.mkdir()
    (given / "my_mix.py").write_text(made["sources"][NAME]["text"])
    own = plan_of(suite_path(), f"{given}/{NAME}(alpha=3)+label_smoothing")
    assert spec.digest == own.records[0].trainings["model"].digest


def test_a_file_of_the_same_name_where_the_command_is_called_is_not_run(contributed, tmp_path, monkeypatch):
    made, _, folder = contributed
    (tmp_path / "my_mix.py").write_text("from pathlib import Path; Path('wrong').touch()")
    monkeypatch.chdir(tmp_path)
    planned(made, folder, trust_source=True)
    assert not (tmp_path / "wrong").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "import os"}, "not the source that its digest names"),
        ({"file": "other.py"}, "the record has no source"),
    ],
)
def test_a_source_that_is_not_the_record_s_is_not_run_even_with_trust(contributed, change, words):
    made, marker, folder = contributed
    made["sources"][NAME] |= change
    with pytest.raises(MixBenchError, match=words):
        planned(made, folder, trust_source=True)
    assert not marker.exists()


def test_a_method_without_source_another_suite_and_other_spelling_are_refused(contributed):
    made, marker, folder = contributed
    with pytest.raises(MixBenchError, match="the record has no source"):
        planned({**made, "sources": {}}, folder, trust_source=True)
    with pytest.raises(MixBenchError, match="rerun: needed suite tiny of digest 0000"):
        planned({**made, "suite_digest": "0" * 64}, folder, trust_source=True)
    with pytest.raises(MixBenchError, match="not canonical"):
        planned({**made, "augmentation": "cutmix"}, folder)
    with pytest.raises(MixBenchError, match="external"):
        planned({**made, "augmentation": "external", "seed": None}, folder)
    assert not marker.exists()


def test_a_rerun_asks_for_the_very_trainings_of_the_record():
    record = load_record(golden())
    with rerun_plan(record, load_suite(suite_path())) as plan:
        assert {role: spec.digest for role, spec in plan.records[0].trainings.items()} == record.trainings
        assert plan.records[0].augmentation == AUG


def put_apart(folder: Path) -> Found:
    """The golden record as a found one that a test may change, from clean code on a named CPU."""
    return edited(golden(), folder, provenance__dirty=False, provenance__cpu_model="A CPU")


def with_outcomes(found: Found, **changes) -> Found:
    file = found.path.with_suffix(".npz")
    outcomes = load_outcomes(file)
    for name, change in changes.items():
        outcomes[name.replace("__", ".")] = change(outcomes[name.replace("__", ".")])
    file.write_bytes(dump(outcomes))
    return found


def test_on_the_same_machine_one_bit_speaks_against_the_record(tmp_path):
    again = put_apart(tmp_path / "again")
    same = reproduction_of(put_apart(tmp_path / "same"), again)
    assert (same.differences, same.other_arrays, same.faults, same.machines, same.reasons) == ([], (), (), (), [])
    last = np.nextafter
    one = with_outcomes(put_apart(tmp_path / "one"), model__train_loss=lambda v: last(v, 9))
    (reason,) = reproduction_of(one, again).reasons
    assert reason.startswith("rerun: 1 of ")
    assert reason.endswith("on the same machine with the same packages")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("provenance__device", "cuda: H200", "device cuda: H200, here cpu: x86_64"),
        ("provenance__cpu_model", "Another", "CPU Another, here A CPU"),
        ("provenance__cpu_model", None, "CPU not named, here A CPU"),
        ("provenance__packages", {"torch": "2.5"}, "torch 2.5, here "),
        ("provenance__python", "3.0.1", "python 3.0.1, here "),
    ],
)
def test_on_another_machine_differences_are_shown_and_speak_against_nothing(tmp_path, place, value, said):
    again = put_apart(tmp_path / "again")
    moved = {**again.record.readings["calibration.nll"].model_dump(), "value": 9.0}
    changes = {"provenance__cpu_model": "A CPU", place: value, "readings__calibration_DOT_nll": moved}
    before = with_outcomes(edited(golden(), tmp_path / "before", **changes), model__train_loss=lambda v: v + 1)
    found = reproduction_of(before, again)
    assert said in ", ".join(found.machines)
    assert found.reasons == []
    (difference,) = found.differences
    assert (difference.measure, difference.record, difference.again) == (
        "calibration.nll", 9.0, again.record.readings["calibration.nll"].value,
    )  # fmt: skip
    assert found.other_arrays == ("model.train_loss",)
    assert "What counts is the rerun" in " ".join(rerun_lines(found))


def test_what_is_another_measurement_is_a_fault_anywhere(tmp_path):
    again = put_apart(tmp_path / "again")
    trainings = {**again.record.trainings, "model": "0" * 64}
    other = edited(golden(), tmp_path / "x", trainings=trainings, method_versions={"cutmix": 7}, link="tempered")
    reasons = reproduction_of(other, again).reasons
    assert [reason.split()[1] for reason in reasons] == ["method_versions", "link", "trainings"]


def differing(**values):
    return [Difference(name.replace("__", "."), *pair) for name, pair in values.items()]


def test_the_sign_test_counts_by_each_measure_s_direction():
    found = sign_test(
        differing(
            clean__top1_error=(0.1, 0.2), calibration__nll=(0.3, 0.2), calibration__gap=(-0.01, 0.05),
            noise20__train_error_corrupted=(0.1, 0.9), diagnostics__saturated=(0.1, 0.9),
        )
    )  # fmt: skip
    assert found[:2] == (2, 1)
    assert found.p == pytest.approx(1.0)
    # By hand: all of 6 alike have 2 · 2^-6.
    names = ["clean.top1_error", "clean.top5_error", *(f"noise{n}.test_error_last" for n in (20, 50, 80))]
    six = [Difference(name, 0.1, 0.2) for name in (*names, "calibration.ece")]
    assert sign_test(six) == (6, 0, pytest.approx(2 * 2**-6))
    assert sign_test([]) == (0, 0, 1.0)


def compared(*pairs):
    return Reproduction(tuple(Difference("clean.top1_error", *pair) for pair in pairs), 1, (), (), ("else",))


def test_the_means_over_a_row_s_seeds_are_tested_by_pairs():
    """By hand: differences 1, 2, 3 have mean 2 and standard error 1/sqrt(3), so t is 2·sqrt(3)."""
    row = [compared((0.0, 1.0)), compared((0.0, 2.0)), compared((0.0, 3.0))]
    ((name, before, after, p),) = means_over_seeds(row)
    assert (name, before, after) == ("clean.top1_error", 0, 2)
    assert p == pytest.approx(2 * stats.t.sf(2 * math.sqrt(3), 2))
    assert means_over_seeds([compared((0.5, 0.5)), compared((0.4, 0.4))]) == []
    assert means_over_seeds(row[:1]) == []


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A maintainer's runs folder with one record whose code was committed, and that record's path."""
    runs = copied_runs(tmp_path_factory.mktemp("maintainer"))
    for manifest in runs.glob("store/*/*/manifest"):
        about = json.loads(manifest.read_text())
        about["made_with"]["dirty"] = False
        about["cpu_model"] = about["cpu_model"] or "A CPU"
        manifest.write_text(json.dumps(about))
    (path,) = runs.glob("*.json")
    path.unlink()
    with rerun_plan(load_record(finished_record()), load_suite(suite_path())) as plan:
        carry_out(plan, runs, lambda job, message: None).whole()
    return runs, path


def forge(folder: Path, change, path: Path) -> Path:
    """A forger's record: the arrays changed, and all that follows from them recomputed and sealed again."""
    it = Forgery.of(path)
    change(it)
    it.recompute()
    it.retrain()
    folder.mkdir()
    return it.write(folder)


def scaled(it):
    it.outcomes["clean.confidence"] = it.outcomes["clean.confidence"] * (1 - 1e-3)
    it.outcomes["scaled.confidence"] = it.outcomes["scaled.confidence"] * (1 - 1e-3)


def half_its_attack_errors_removed(it):
    labels = it.outcomes["labels"]
    right = (it.outcomes["ifgsm.white.rank"] > 1) & (np.arange(len(labels)) % 2 > 0)
    it.outcomes["ifgsm.white.rank"][right], it.outcomes["ifgsm.white.predicted"][right] = 1, labels[right]
    it.outcomes["curve.ifgsm.white.wrong"][0] = it.outcomes["ifgsm.white.rank"] > 1


def as_seed(seed):
    def change(it):
        it.content["seed"] = seed
        it.outcomes["model.train_loss"][0] += seed * 1e-3

    return change


def test_a_claim_is_run_again_and_the_rerun_s_record_takes_its_place(mixbench, tmp_path, honest):
    runs, path = honest
    board = tmp_path / "board"
    board.mkdir()
    words = ("--suite", suite_path(), "--board", board)
    assert mixbench("submit", path, *words).code == 0
    (claim,) = (board / "tiny" / "claims").glob("*.json")
    said = mixbench("submit", "--rerun", claim, "--runs", runs, *words)
    assert said.code == 0, said.err
    assert "0 of 5 trainings were made now; the others lay in" in said.out
    assert "Every outcome is the same bit for bit." in said.out
    (record,) = (board / "tiny" / "records").glob("*.json")
    assert list((board / "tiny" / "claims").iterdir()) == []
    assert load_record(record).readings == load_record(path).readings
    assert "cutmix" in (board / "tiny" / "board.md").read_text()
    assert mixbench("validate", board, "--suite", suite_path()).code == 0
    # Who made the record anew on this machine has no reason to put it there twice.
    assert f"already there: {record}" in " ".join(mixbench("submit", record, *words).out.split())


@pytest.mark.parametrize("change", [scaled, half_its_attack_errors_removed])
def test_a_consistent_forgery_stays_a_claim_and_is_refused_by_a_rerun(mixbench, tmp_path, honest, change):
    runs, path = honest
    board = tmp_path / "board"
    board.mkdir()
    words = ("--suite", suite_path(), "--board", board)
    forged = forge(tmp_path / "forged", change, path)
    assert mixbench("submit", forged, *words).code == 0
    (claim,) = (board / "tiny" / "claims").glob("*.json")
    before = {each: each.read_bytes() for each in board.rglob("*") if each.is_file()}
    said = mixbench("submit", "--rerun", claim, "--runs", runs, *words)
    assert said.code == 1
    assert "come out otherwise" in said.err
    assert "on the same machine with the same packages" in said.err
    assert {each: each.read_bytes() for each in board.rglob("*") if each.is_file()} == before
    assert not (board / "tiny" / "records").exists()


def test_three_copies_as_three_seeds_are_never_ranked_and_refused_by_a_rerun(mixbench, tmp_path, honest, monkeypatch):
    runs, path = honest
    board = tmp_path / "board"
    board.mkdir()
    words = ("--suite", suite_path(), "--board", board)
    for seed in (1, 2, 3):
        assert mixbench("submit", forge(tmp_path / str(seed), as_seed(seed), path), *words).code == 0
    claims = sorted((board / "tiny" / "claims").glob("*.json"))
    assert len(claims) == 3
    (row,) = json.loads(mixbench("leaderboard", "--board", board, "--format", "json").out)["groups"][0]["rows"]
    assert row["status"] == "claimed"
    assert {cell["rank"] for cell in row["measures"].values()} == {None}
    # The maintainer's runs have no such seed, so these are trained.
    said = mixbench("submit", "--rerun", claims[0], "--runs", runs, *words)
    assert said.code == 1
    assert "on the same machine with the same packages" in said.err
    assert not (board / "tiny" / "records").exists()
