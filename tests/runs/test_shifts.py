"""A suite's shift: read beside the test images, measured with the model, in the record, judged and left out."""

from pathlib import Path

import numpy as np
import pytest
from forging import Forgery, reasons
from sklearn.datasets import load_digits
from tiny import plan_of, write_suite

from mixbench.results.measures import BY_NAME, MEASURES, OUTCOMES_VERSION
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import load_record
from mixbench.runs.assemble import assemble
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.spec.variant import variant

SHIFT = """
[[shifts]]
name = "own"
path = "dark"
apart = [9]
alike = 0.02

[training]
"""
FEW, TESTS = 120, 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Bright digits and the same in half the light, the first ten as they were."""
    folder = tmp_path_factory.mktemp("shift")
    images, labels = load_digits(return_X_y=True)
    bright = np.minimum(images * 16, 255).astype(np.uint8).reshape(-1, 8, 8)
    dark = bright // 2
    dark[FEW : FEW + 10] = bright[FEW : FEW + 10]
    for name, pixels in (("bright", bright), ("dark", dark)):
        write_arrays(folder / name, pixels, labels)
    return folder


def write_arrays(folder: Path, pixels: np.ndarray, labels: np.ndarray) -> None:
    folder.mkdir()
    for part, places in (("train", slice(0, FEW)), ("test", slice(FEW, FEW + TESTS))):
        np.save(folder / f"x_{part}.npy", pixels[places])
        np.save(folder / f"y_{part}.npy", labels[places])


def suite_in(folder: Path, *changes: tuple[str, str], name: str = "shifted.toml") -> Path:
    sha256 = 'sha256 = "c8ce53ca10b8fe56a46759775f42443395bdb8c0bd9d90c74f8b53f281100ece"\ntest_fraction = 0.2\n'
    own = (
        ('name = "digits"', 'name = "bright"\nloader = "arrays"\npath = "bright"'), (sha256, ""),
        ("train_images = 1437", f"train_images = {FEW}"), ("test_images = 360", f"test_images = {TESTS}"),
        ("epochs = 2", "epochs = 1"), ("batch_size = 480", "batch_size = 60"), ("[training]\n", SHIFT),
    )  # fmt: skip
    path = write_suite(folder, *own, name=name)
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def record(folder) -> Path:
    plan = plan_of(suite_in(folder), "erm")
    for job in plan.jobs:
        job.do(Store(folder / "runs"))
    return assemble(plan, plan.records[0], folder / "runs")


def test_a_record_reads_error_and_difference_over_the_rest_and_the_error_apart(folder, record):
    labels = np.load(folder / "bright" / "y_test.npy")
    apart = (np.arange(TESTS) < 10) | (labels == 9)
    outcomes, read = load_outcomes(record.with_suffix(".npz")), load_record(record).readings
    assert np.array_equal(outcomes["shift.own.apart"], apart)
    dark, bright = (outcomes[f"{name}.predicted"] != labels for name in ("shift.own", "clean"))
    assert np.array_equal(dark[:10], bright[:10])
    error, gap, beside = (read[f"shift.own.{name}"] for name in ("top1_error", "gap", "apart_error"))
    assert (error.value, error.n) == (pytest.approx(dark[~apart].mean()), (~apart).sum())
    assert (gap.value, gap.n) == (pytest.approx(dark[~apart].mean() - bright[~apart].mean()), (~apart).sum())
    assert (beside.value, beside.n) == (pytest.approx(dark[apart].mean()), apart.sum())
    assert {name for name in read if name.startswith("shift.")} == {m.name for m in MEASURES if m.shift == "own"}
    assert load_record(record).settings["shifts"] == [{"name": "own", "apart": [9], "alike": 0.02}]


def test_nothing_speaks_against_it_and_whoever_counts_others_apart_is_refused(folder, record, tmp_path):
    suite = load_suite(folder / "shifted.toml")
    forged = Forgery.of(record)
    forged.content["provenance"]["dirty"] = False
    assert reasons(forged.write(tmp_path), suite=suite) == []
    forged.outcomes["shift.own.apart"] = ~forged.outcomes["shift.own.apart"]
    forged.recompute()
    found = reasons(forged.write(tmp_path), suite=suite)
    assert any("shift.own.apart: not the classes that the suite counts apart" in each for each in found)
    del forged.outcomes["shift.own.apart"]
    assert "outcomes.shift.own.apart: is missing" in reasons(forged.write(tmp_path), suite=suite)


def test_a_shift_changes_the_examinations_digest_and_no_trainings(folder):
    with_shift = plan_of(suite_in(folder), "erm")
    without = plan_of(suite_in(folder, (SHIFT, "[training]\n"), name="bare.toml"), "erm")
    elsewhere = plan_of(suite_in(folder, ('path = "dark"', 'path = "bright"'), name="moved.toml"), "erm")
    other = plan_of(suite_in(folder, ("alike = 0.02", "alike = 0.03"), name="other.toml"), "erm")
    digests = [plan.records[0].examination.digest for plan in (with_shift, without, elsewhere, other)]
    assert digests[0] == digests[2]
    assert len(set(digests)) == 3
    trained = [{job.digest for job in plan.jobs if job.kind == "trainings"} for plan in (with_shift, without)]
    assert trained[0] == trained[1]
    assert with_shift.suite.digest == elsewhere.suite.digest != other.suite.digest
    passes = [_examination(plan).passes(plan.suite).images for plan in (with_shift, without)]
    assert passes[0] - passes[1] == TESTS


def _examination(plan) -> ExamineJob:
    (job,) = (job for job in plan.jobs if isinstance(job, ExamineJob))
    return job


def test_what_does_not_stand_for_the_test_images_is_refused_before_any_training(folder, tmp_path):
    images, labels = (np.load(folder / "bright" / f"{name}_test.npy") for name in "xy")
    for name, pixels, truth in (("short", images[:-1], labels[:-1]), ("other", images, labels[::-1])):
        (tmp_path / name).mkdir()
        for array, content in (("x_train", 255 - images), ("y_train", labels), ("x_test", pixels), ("y_test", truth)):
            np.save(tmp_path / name / f"{array}.npy", content)
        said = {"short": r"got \(49, 1, 8, 8\)", "other": "got other labels"}[name]
        assert _refused(folder, tmp_path / name, tmp_path, said)


def _refused(folder: Path, place: Path, runs: Path, said: str) -> bool:
    plan = plan_of(suite_in(folder, ('path = "dark"', f'path = "{place}"'), name=f"{place.name}.toml"), "erm")
    (check,) = (job for job in plan.jobs if job.guard)
    with pytest.raises(MixBenchError, match=f"shift own: needed the labels and the shape .* {said}"):
        check.do(Store(runs))
    return True


def test_another_checksum_is_refused(folder, tmp_path):
    changes = ('path = "dark"', f'path = "dark"\nsha256 = "{"0" * 64}"')
    plan = plan_of(suite_in(folder, changes, name="sum.toml"), "erm")
    (check,) = (job for job in plan.jobs if job.guard)
    with pytest.raises(MixBenchError, match="shift own: needed sha256 000"):
        check.do(Store(tmp_path))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "own"', 'name = "mine"'), "name needs one of twitter, openmoji, own"),
        (("apart = [9]", "apart = [10]"), "labels from 0 to 9"),
        (("[[shifts]]", '[[shifts]]\nname = "own"\n\n[[shifts]]'), "each name once"),
        (("alike = 0.02", "alkie = 0.02"), "Did you mean 'alike'"),
    ],
)
def test_a_section_that_cannot_be_is_refused(folder, change, said):
    with pytest.raises(MixBenchError, match=said):
        load_suite(suite_in(folder, change, name="wrong.toml"))


def test_other_data_have_other_shifts(folder):
    suite = load_suite(suite_in(folder))
    assert "shifts" not in variant(suite, "mine", {"data": {"name": "mine"}})
    assert variant(suite, "mine", {"backbone": "resnet18"})["shifts"] == suite.written["shifts"]


def test_records_from_before_there_were_shifts_are_whole():
    assert {row.since for row in MEASURES if row.shift} == {3} <= {OUTCOMES_VERSION}
    assert [name for name in BY_NAME if name.startswith("shift.")] == [row.name for row in MEASURES if row.shift]
