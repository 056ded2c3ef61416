"""A record planned anew and compared: a stranger's source runs only on trust, and chance explains only so much."""

import hashlib
import json
import math
import shutil
from pathlib import Path

import pytest
from boards import GOLDEN, content, write_record
from tiny import AUG, copied_runs, finished_record, plan_of, suite_path

from mixbench.results.found import Found
from mixbench.results.record import load_record, seal
from mixbench.runs.request import fulfil
from mixbench.runs.rerun import rerun_plan
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.submission.reproduction import compare

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


def test_a_record_measured_anew_is_the_same_bit_for_bit(tmp_path):
    runs, before = copied_runs(tmp_path), finished_record()
    (runs / before.name).unlink()
    with rerun_plan(load_record(before), load_suite(suite_path())) as plan:
        (path,) = fulfil(plan, runs, lambda job, message: None)
    compared = compare(Found(before, load_record(before)), Found(path, load_record(path)))
    assert compared.same_outcomes
    assert (compared.differences, compared.faults, compared.machines, compared.rows) == ((), (), (), 0)
    assert compared.readings == len(load_record(before).readings)


def test_a_reading_beyond_its_tolerance_speaks_against_the_record(tmp_path):
    again = Found(golden(), load_record(golden()))
    old = again.record.readings["calibration.nll"]
    half = 0.01
    near = {"value": old.value + 0.039, "n": old.n, "low": old.value + 0.039 - half, "high": old.value + 0.039 + half}
    found = compare(edited(golden(), tmp_path / "near", readings__calibration_DOT_nll=near), again)
    assert found.same_outcomes
    # By hand: 4 · sqrt(se² + se²), each se the interval's half divided by 1.96.
    errors = (half / 1.959963984540054, (old.high - old.low) / 2 / 1.959963984540054)
    (difference,) = found.differences
    assert difference.tolerance == pytest.approx(4 * math.hypot(*errors), rel=1e-12)
    far = old.value + 1.001 * difference.tolerance
    far_off = {"value": far, "n": old.n, "low": far - half, "high": far + half}
    beyond = compare(edited(golden(), tmp_path / "far", readings__calibration_DOT_nll=far_off), again)
    assert beyond.reasons[0].startswith("rerun: calibration.nll ")
    just = old.value + 0.999 * difference.tolerance
    within = {"value": just, "n": old.n, "low": just - half, "high": just + half}
    assert compare(edited(golden(), tmp_path / "just", readings__calibration_DOT_nll=within), again).reasons == []


def beside(record, aug, seed, value, **changes):
    """Another record of a board, with its clean error."""
    reading = record.readings["clean.top1_error"].model_copy(update={"value": value})
    readings = {**record.readings, "clean.top1_error": reading}
    return record.model_copy(update={"augmentation": aug, "seed": seed, "readings": readings, **changes})


def test_the_other_rows_spread_over_seeds_widens_the_tolerance(tmp_path):
    record = load_record(golden())
    again, old = Found(golden(), record), record.readings["clean.top1_error"]
    moved = {**old.model_dump(), "value": old.value - 0.05}
    before = edited(golden(), tmp_path / "moved", readings__clean_DOT_top1_error=moved)
    rows = {"a": (0.10, 0.11), "b": (0.10, 0.12), "c": (0.10, 0.13), "d": (0.10, 0.14), "e": (0.10, 0.15)}
    others = [beside(record, aug, seed, value) for aug, two in rows.items() for seed, value in enumerate(two)]
    others += [beside(record, "lonely", 0, 0.9)]
    others += [beside(record, "else", seed, 0.9 * seed, backbone="another") for seed in (0, 1)]
    alone, found = compare(before, again), compare(before, again, others)
    assert (alone.rows, found.rows) == (0, 5)
    # By hand: the upper quartile of the five spreads is the fourth, of 0.10 and 0.14.
    expected = math.sqrt(alone.differences[0].tolerance ** 2 + 16 * 2 * 0.04**2 / 2)
    assert found.differences[0].tolerance == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seeds", [(0.898, 0.899), (0.1, 0.6)])
def test_a_false_reading_does_not_widen_its_own_tolerance(tmp_path, seeds):
    """Whether the row's other seeds are honest or the forger's too."""
    record = load_record(golden())
    again = Found(golden(), record)
    moved = {**record.readings["clean.top1_error"].model_dump(), "value": 0.3, "low": 0.25, "high": 0.35}
    before = edited(golden(), tmp_path / "moved", readings__clean_DOT_top1_error=moved)
    row = [beside(record, AUG, seed, value) for seed, value in enumerate(seeds, 1)]
    honest = [beside(record, "erm", seed, 0.9 + 0.01 * seed) for seed in range(3)]
    (reason,) = compare(before, again, [before.record, *row, *honest]).reasons
    assert reason.startswith("rerun: clean.top1_error 0.897222, the record has 0.3")


def test_what_cannot_be_compared_is_a_fault_and_another_machine_is_said(tmp_path):
    path = golden()
    record = load_record(path)
    again = Found(path, record)
    trainings = {**record.trainings, "model": "0" * 64}
    readings = {name: each.model_dump() for name, each in record.readings.items() if name != "calibration.ece"}
    readings["clean.top1_error"] |= {"n": 100}
    changed = edited(
        path, tmp_path / "changed", trainings=trainings, method_versions={"cutmix": 7}, link="tempered",
        readings=readings, provenance__device="cuda: H200", provenance__packages={"torch": "2.5"},
    )  # fmt: skip
    found = compare(changed, again)
    for words in ("method_versions of the record {'cutmix': 7}", "link", "trainings", "not in both: calibration.ece"):
        assert any(words in fault for fault in found.faults), words
    assert any("clean.top1_error has n 100" in fault for fault in found.faults)
    assert found.reasons[: len(found.faults)] == list(found.faults)
    assert found.machines[0] == f"device cuda: H200, here {record.provenance.device}"
    assert any(line.startswith("torch 2.5, here ") for line in found.machines)
    assert "timm none, here" in " ".join(found.machines)


def test_outcomes_that_differ_in_one_example_are_not_the_same(tmp_path):
    import numpy as np

    before = edited(golden(), tmp_path / "one")
    file = before.path.with_suffix(".npz")
    with np.load(file) as arrays:
        changed = dict(arrays)
    changed["clean.predicted"] = changed["clean.predicted"].copy()
    changed["clean.predicted"][0] ^= 1
    np.savez_compressed(file, **changed)
    assert not compare(before, Found(golden(), load_record(golden()))).same_outcomes
