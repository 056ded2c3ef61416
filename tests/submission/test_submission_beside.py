"""A record beside others: doubles, copies and labels that are not the suite's."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from forging import golden, reasons

from mixbench.submission.checks import draws, examples


def first(folder: Path) -> Path:
    folder.mkdir()
    return golden().write(folder)


def second(folder: Path, *, seed: int = 1, change=None) -> Path:
    """Another seed's record with outcomes of its own."""
    it = golden()
    it.name, it.content["seed"], it.content["outcomes"]["file"] = "second.json", seed, "second.npz"
    it.differ()
    if change:
        change(it)
    it.recompute()
    it.retrain()
    return it.write(folder)


def test_another_seed_is_no_double(tmp_path):
    one = first(tmp_path / "board")
    assert reasons(second(tmp_path), one) == []


def test_a_record_is_no_double_of_itself(tmp_path):
    one = first(tmp_path / "board")
    assert reasons(one, one) == []


def test_the_same_record_elsewhere_is_a_double(tmp_path):
    one = first(tmp_path / "board")
    (tmp_path / "again").mkdir()
    again = shutil.copy(one, tmp_path / "again" / "again.json")
    shutil.copy(one.with_suffix(".npz"), tmp_path / "again")
    assert reasons(Path(again), one) == ["digest: the record is there already, as tiny-golden.json"]


def test_the_same_measurement_made_again_is_a_double(tmp_path):
    one = first(tmp_path / "board")
    found = reasons(second(tmp_path, seed=0), one)
    assert found == ["augmentation and seed: measured already on this suite and backbone, in tiny-golden.json"]


def test_another_measurement_under_the_same_outcomes_is_a_copy(tmp_path):
    one = first(tmp_path / "board")
    it = golden()
    it.name, it.content["seed"] = "second.json", 1
    it.retrain()
    assert reasons(it.write(tmp_path), one) == ["outcomes: those of tiny-golden.json, which is another measurement"]


def test_two_records_of_one_folder_have_outcomes_each(tmp_path):
    one = golden().write(tmp_path)
    two = second(tmp_path, change=lambda it: it.content["outcomes"].update(file="tiny-golden.npz"))
    assert "outcomes.file: that of tiny-golden.json; each record needs a file of its own" in reasons(two, one)


@pytest.mark.parametrize("name", ["labels", "model.given"])
def test_labels_that_are_not_the_suites_are_found_alone_or_beside_another_record(tmp_path, monkeypatch, name):
    """Swap two examples' labels with everything that is told of them, so that the record alone is whole."""

    def swap(it):
        labels = it.outcomes[name]
        one, two = 0, int(np.flatnonzero(labels != labels[0])[0])
        for key, values in it.outcomes.items():
            if values.shape == labels.shape and key != "scaled.half" and ".corrupted" not in key:
                values[[one, two]] = values[[two, one]]
            if key.startswith("curve."):
                values[:, [one, two]] = values[:, [two, one]]
        if name == "model.given":
            for level in (0.2, 0.5, 0.8):
                mask, drawn = draws.corrupted(len(labels), 10, level, "digits")
                it.outcomes[f"noise{round(100 * level)}.given"] = np.where(mask, drawn, labels).astype(np.uint16)
            it.outcomes["between.pairs"] = draws.pairs(labels.astype(np.int64), 8, "digits")

    one = first(tmp_path / "board")
    two = second(tmp_path, change=swap)
    assert reasons(two) == [f"outcomes.{name}: not the labels of the data set digits"]
    # Of most data sets no labels are known here.
    monkeypatch.setattr(examples, "TRUTH", {})
    assert reasons(two) == []
    assert reasons(two, one) == [f"outcomes.{name}: not those of tiny-golden.json, which is of the same suite"]
