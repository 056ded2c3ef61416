"""A record beside others: doubles, copies and labels that are not the suite's."""

import io
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from forging import golden, reasons

from mixbench.submission.checks import copies, draws, examples

COPIED = " are those of golden.json, which is another measurement"


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
    assert reasons(Path(again), one) == ["digest: the record is there already, as golden.json"]


def test_the_same_measurement_made_again_is_a_double(tmp_path):
    one = first(tmp_path / "board")
    found = reasons(second(tmp_path, seed=0), one)
    assert found == ["augmentation and seed: measured already on this suite and backbone, in golden.json"]


def test_another_measurement_under_the_same_outcomes_is_a_copy(tmp_path):
    one = first(tmp_path / "board")
    it = golden()
    it.name, it.content["seed"] = "second.json", 1
    it.retrain()
    assert reasons(it.write(tmp_path), one) == ["outcomes: those of golden.json, which is another measurement"]


def test_a_copy_that_was_packed_again_is_found(tmp_path):
    one = first(tmp_path / "board")
    it = golden()
    it.name, it.content["seed"] = "second.json", 1
    it.outcomes["model.train_loss"][0] += 0.5
    it.retrain()
    found = reasons(it.write(tmp_path), one)
    assert [reason for reason in found if "log_probability" in reason and reason.endswith(COPIED)], found
    assert len(found) == 1


def rewrapped(packed: bytes) -> bytes:
    """The same arrays under headers that say the other order, which is the same of one axis."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("clean."):
                content = content.replace(b"False", b"True", 1).replace(b"\n", b" \n", 1)
            archive.writestr(name, content)
    return target.getvalue()


def test_a_copy_under_other_headers_is_found(tmp_path):
    one = first(tmp_path / "board")
    it = golden()
    it.name, it.content["seed"], it.packed = "second.json", 1, rewrapped
    it.outcomes["model.train_loss"][0] += 0.5
    it.retrain()
    found = reasons(it.write(tmp_path), one)
    assert [reason for reason in found if "log_probability" in reason and reason.endswith(COPIED)], found
    assert len(found) == 1


def hair(it):
    it.outcomes["clean.squared_sum"] *= 1 + 1e-9


def reordered(it):
    """Put the examples of each class and half into another order, in every array."""
    labels, order = it.outcomes["labels"], np.arange(len(it.outcomes["labels"]))
    for half, label in np.unique(np.stack([it.outcomes["scaled.half"], labels]), axis=1).T:
        where = np.flatnonzero((it.outcomes["scaled.half"] == half) & (labels == label))
        order[where] = np.roll(where, 1)
    for name, values in it.outcomes.items():
        if values.shape[-1:] == order.shape and name not in ("labels", "scaled.half") and ".train" not in name:
            it.outcomes[name] = values[..., order]


def one_in_three(it):
    it.differ()
    for name, values in golden().outcomes.items():
        if name.startswith("clean.") and values.dtype == np.float64:
            it.outcomes[name][np.arange(len(values)) % 3 > 0] = values[np.arange(len(values)) % 3 > 0]


@pytest.mark.parametrize("edit", [hair, reordered, one_in_three])
def test_an_edited_copy_is_found(tmp_path, edit):
    one = first(tmp_path / "board")
    it = golden()
    it.name, it.content["seed"], it.content["outcomes"]["file"] = "second.json", 1, "second.npz"
    edit(it)
    it.recompute()
    it.retrain()
    found = reasons(it.write(tmp_path), one)
    assert [reason for reason in found if "clean.log_probability" in reason and reason.endswith(COPIED)], found


def test_a_training_of_another_record_or_of_another_level_is_found(tmp_path):
    one = first(tmp_path / "board")
    theirs = second(tmp_path, change=lambda it: take(it, golden(), "noise80", "noise80"))
    assert reasons(theirs, one) == [f"outcomes: most values of noise80.train_loss{COPIED}"]
    own = second(tmp_path, change=lambda it: take(it, it, "noise20", "noise50"))
    assert reasons(own) == ["outcomes.noise50.train_loss: that of noise20.train_loss, which is another training"]


def take(it, other, source, role):
    for name in ("train_predicted", "test_predicted", "train_loss", "test_error"):
        it.outcomes[f"{role}.{name}"] = other.outcomes[f"{source}.{name}"].copy()


def directory_of(count: int) -> bytes:
    """An archive of nothing but a directory, whose second end names more members than the first can."""
    members = b"".join(b"PK\x01\x02" + bytes(24) + b"\x01" + bytes(17) + b"a" for _ in range(count))
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(members), 0)
    where = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(members), 1)
    full = (0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1)
    return members + end64 + where + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *full, 0)


def test_a_neighbours_archive_is_opened_only_within_its_limits(tmp_path, monkeypatch):
    one = first(tmp_path / "board").with_suffix(".npz")
    assert copies._sketch(one) is not None
    one.write_bytes(directory_of(1000))
    with zipfile.ZipFile(one) as archive:
        assert len(archive.namelist()) == 1000
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("opened"))
    assert copies._sketch(one) is None


def test_trainings_of_another_measurement_are_found(tmp_path):
    one = first(tmp_path / "board")
    it = golden()
    it.name, it.content["seed"], it.content["outcomes"]["file"] = "second.json", 1, "second.npz"
    it.differ()
    it.recompute()
    found = reasons(it.write(tmp_path), one)
    assert "trainings: those of golden.json, which is another measurement" in found


def test_two_records_of_one_folder_have_outcomes_each(tmp_path):
    one = golden().write(tmp_path)
    two = second(tmp_path, change=lambda it: it.content["outcomes"].update(file="golden.npz"))
    assert "outcomes.file: that of golden.json; each record needs a file of its own" in reasons(two, one)


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
    assert reasons(two, one) == [f"outcomes.{name}: not those of golden.json, which is of the same suite"]
