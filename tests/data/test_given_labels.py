"""Files of given labels, in the forms CIFAR-10N's and CIFAR-100N's have and in plain ones."""

import hashlib
import io
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from official import section

from mixbench.data.given import given_labels
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import GivenLabels

TRUE = torch.tensor([3, 1, 4, 1, 5, 9])
WORSE = [3, 1, 0, 1, 9, 9]


NO_TYPE = b"\x93NUMPY\x01\x00\x39\x00{'descr': (), 'fortran_order': False, 'shape': (6,), }   \n"


def table(**changes):
    """What CIFAR-10N's file holds."""
    labels = {"clean_label": TRUE.numpy(), "worse_label": np.array(WORSE), "aggre_label": TRUE.numpy()}
    return labels | changes


def saved_by_torch(content):
    memory = io.BytesIO()
    torch.save(content, memory)
    return memory.getvalue()


def zipped(pickled):
    """What torch.save makes of a pickle."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("labels/data.pkl", pickled)
    return memory.getvalue()


def saved_by_numpy(content):
    memory = io.BytesIO()
    np.save(memory, content)
    return memory.getvalue()


def ask(tmp_path, content, key=None, name="labels", sha256=None):
    path = tmp_path / name
    path.write_bytes(content)
    given = GivenLabels(file=str(path), sha256=sha256 or hashlib.sha256(content).hexdigest(), key=key)
    return given_labels(section(given_labels=given), TRUE)


def refused(*arguments, **changes):
    """The one line that asking ends with."""
    with pytest.raises(MixBenchError) as caught:
        ask(*arguments, **changes)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (saved_by_torch(table()), "worse_label"),
        (saved_by_torch(table(worse_label=WORSE)), "worse_label"),
        (saved_by_torch(table(worse_label=np.array(WORSE, np.uint8))), "worse_label"),
        (saved_by_torch(np.array(WORSE)), None),
        (saved_by_numpy(table()), "worse_label"),
        (saved_by_numpy(table(worse_label=[np.int64(label) for label in WORSE])), "worse_label"),
        (saved_by_numpy(np.array(WORSE)), None),
        (saved_by_numpy(np.array(WORSE, ">i2")), None),
        (b"3\n1\n0\n1\n9\n9\n", None),
        (b"\xef\xbb\xbf3\r\n1\r\n0\r\n1\r\n9\r\n9", None),
        (b"label\n3\n1\n0\n1\n9\n9\n", None),
        (b"name,worse_label\na,3\nb,1\nc,0\nd,1\ne,9\nf,9\n", "worse_label"),
        (b"clean_label, worse_label\n3,3\n1,1\n4,0\n1,1\n5,9\n9,9\n", "worse_label"),
    ],
)
def test_every_form_is_read(tmp_path, content, key):
    labels = ask(tmp_path, content, key)
    assert labels.tolist() == WORSE
    assert labels.dtype == torch.int64


def test_torchs_own_reader_agrees(tmp_path):
    content = saved_by_torch(table())
    theirs = torch.load(io.BytesIO(content), weights_only=False)
    assert ask(tmp_path, content, "aggre_label").tolist() == theirs["aggre_label"].tolist()


@pytest.mark.parametrize(
    ("content", "key", "named"),
    [
        (saved_by_torch(table()), "worse_labels", "Did you mean 'worse_label'?"),
        (saved_by_torch(table()), None, "needed a key, got none; the file has clean_label, worse_label, aggre_label"),
        (saved_by_numpy(np.array(WORSE)), "worse_label", "got plain labels; drop the key"),
        (
            saved_by_numpy(np.array(WORSE[:-1])),
            None,
            "needed 6 integers, one a training image, got shape (5,) of int64",
        ),
        (saved_by_numpy(np.array([WORSE])), None, "got shape (1, 6) of int64"),
        (saved_by_numpy(np.array(WORSE, float)), None, "got shape (6,) of float64"),
        (saved_by_numpy(np.array([3, 1, 0, 1, 9, 10])), None, "needed labels from 0 to 9, got 0 to 10"),
        (saved_by_numpy(np.array([3, 1, 0, 1, 9, -1])), None, "needed labels from 0 to 9, got -1 to 9"),
        (saved_by_numpy(np.array([2**63, 1, 0, 1, 9, 1], np.uint64)), None, "got 0 to 9223372036854775808"),
        (b"3\n1\n4\n1\n5\n9223372036854775807\n", None, "needed integers, got '9223372036854775807'"),
        (b"3\n1\n4\n1\n5\nhorse\n", None, "needed integers, got 'horse'"),
        (b"3,1,4,1,5,9", None, "several columns without a header"),
        (b"a,b\n1\n", None, "rows of different length"),
        (b"", None, "an empty file"),
        (b"label\n", None, "a header alone"),
        (b"\xff\xfe\x00", None, "needed a .pt, .npy, .csv or .txt of labels"),
        (saved_by_torch(table())[:-40], "worse_label", "needed a .pt, .npy, .csv or .txt of labels"),
        (saved_by_numpy(np.array(WORSE))[:-3], None, "45 bytes for an array of shape (6,)"),
        (saved_by_numpy(table())[:-3], "worse_label", "needed a pickle of plain arrays and lists, got a damaged one"),
        (saved_by_torch({"a": torch.arange(6)}), "a", "needed a pickle of plain arrays and lists, got one with"),
        (b"\x93NUMPY\x09\x00", None, "needed a .pt, .npy, .csv or .txt of labels"),
        (b"\x93NUMPY\x01\x00\x10\x00(((((((((((((((", None, "needed a .pt, .npy, .csv or .txt of labels"),
        (b"\x93NUMPY\x01\x00\x0b\x00{'descr': (", None, "needed a .pt, .npy, .csv or .txt of labels"),
        (NO_TYPE, None, "needed a .pt, .npy, .csv or .txt of labels"),
        (zipped(b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b"."), None, "needed integers, got a list"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, content, key, named):
    assert named in refused(tmp_path, content, key)


@pytest.mark.parametrize("form", [saved_by_torch, saved_by_numpy])
def test_another_order_is_refused(tmp_path, form):
    content = form(table(clean_label=np.array([3, 1, 1, 4, 5, 9])))
    line = refused(tmp_path, content, "worse_label")
    assert "got 2 others, the first at image 2 (1 instead of 4)" in line


def test_another_file_is_refused(tmp_path):
    assert f"needed sha256 {'0' * 64}, got " in refused(tmp_path, b"3\n", sha256="0" * 64)


def test_a_missing_file_is_named(tmp_path):
    given = GivenLabels(file=str(tmp_path / "none.pt"), sha256="0" * 64)
    with pytest.raises(MixBenchError, match="needed a readable file, got No such file"):
        given_labels(section(given_labels=given), TRUE)


class Harm:
    """Pickles to a call that writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


def zip_of(name, content):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr(name, content)
    return memory.getvalue()


@pytest.mark.parametrize("form", ["torch", "numpy"])
def test_a_malicious_file_is_refused_and_did_not_run(tmp_path, form):
    harm = {"worse_label": Harm(tmp_path / "harm")}
    content = zip_of("archive/data.pkl", pickle.dumps(harm, protocol=2)) if form == "torch" else saved_by_numpy(harm)
    assert "system, which is refused and was not run" in refused(tmp_path, content, "worse_label")
    assert not (tmp_path / "harm").exists()


def test_a_zip_of_something_else_is_refused(tmp_path):
    assert "a zip file that torch.save did not write" in refused(tmp_path, zip_of("readme.txt", b"x"), "worse_label")
