"""Pickles of strangers: what the published files hold is read, everything else is refused and never run."""

import contextlib
import os
import pickle
import struct
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from official import batch

from mixbench.data.files.unpickle import unpickle
from mixbench.spec.errors import MixBenchError

PYTHON2 = (
    b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03U\x06labelsq\x04]q\x05(K\x06K\x09K\x01e"
    b"U\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09"
    b"(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xff"
    b"J\xff\xff\xff\xffK\x00tb\x89U\x06\x00\x7f\x80\xff\x0a\x0dtbu."
)
"""As Python 2's cPickle wrote CIFAR-10, byte for byte by hand: strings of bytes, NumPy 1's module names."""


def refused(content):
    """The one line that a pickle is refused with."""
    with pytest.raises(MixBenchError) as caught:
        unpickle(content, "data sample: batch")
    assert str(caught.value).startswith("data sample: batch: needed a pickle of plain arrays and lists, got ")
    return str(caught.value)


def test_python_2s_file_is_read():
    found = unpickle(PYTHON2, "x")
    assert found.pop("data").tolist() == [[0, 127, 128], [255, 10, 13]]
    assert found == {"batch_label": "training batch 1 of 5", "labels": [6, 9, 1]}
    reference = pickle.loads(PYTHON2, encoding="latin1")
    assert reference["data"].tolist() == [[0, 127, 128], [255, 10, 13]]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_python_3s_batch_is_read(protocol):
    content, images = batch([3, 1, 2], protocol=protocol)
    found = unpickle(content, "x")
    assert np.array_equal(found["data"], images.reshape(3, -1))
    assert found["labels"] == [3, 1, 2]
    assert found["filenames"] == ["image_0.png", "image_1.png", "image_2.png"]


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.int64).reshape(3, 4),
        np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(3, 4)),
        np.arange(5, dtype=">i4"),
        np.array([True, False]),
        np.array([0.5, -1.5]),
        np.zeros((0, 3), np.float32),
        np.array(7),
    ],
    ids=str,
)
def test_arrays_come_as_numpy_reads_them(array, protocol):
    found = unpickle(pickle.dumps({"a": array}, protocol=protocol), "x")["a"]
    assert np.array_equal(found, array)
    assert (found.shape, found.dtype) == (array.shape, array.dtype.newbyteorder("="))


@pytest.mark.parametrize("protocol", [2, 4])
def test_an_array_of_objects_comes_as_its_list(protocol):
    table = np.array({"labels": np.arange(3), "more": [np.int64(4), np.int64(5)]})
    (found,) = unpickle(pickle.dumps(table, protocol=protocol), "x")
    assert found["labels"].tolist() == [0, 1, 2]
    assert found["more"] == [4, 5]


class Calls:
    """Pickles to a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def harmful(path):
    """Pickles that write a file when Python's own unpickler reads them, and what each names."""
    touch = f"touch {path}"
    write = f"open({str(path)!r}, 'w').close()"
    return {
        "posix.system": Calls(os.system, touch),
        "subprocess.getoutput": Calls(subprocess.getoutput, touch),
        "eval": Calls(eval, write),
        "exec": Calls(exec, write),
        "mkdir": Calls(os.mkdir, str(path)),
    }


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("name", ["posix.system", "subprocess.getoutput", "eval", "exec", "mkdir"])
@pytest.mark.parametrize("where", ["top", "in the dict", "as a label", "in the array", "as the array's type"])
def test_what_would_run_is_refused_and_did_not(tmp_path, name, protocol, where):
    path = tmp_path / "harm"
    call = harmful(path)[name]
    bad = {
        "top": call,
        "in the dict": {"labels": [1], "x": call},
        "as a label": {"labels": [1, [call]]},
        "in the array": np.array([call, 2], dtype=object),
        "as the array's type": {"data": Calls(np.ndarray, (3,), call)},
    }[where]
    content = pickle.dumps(bad, protocol=protocol)
    assert name.rpartition(".")[2] in refused(content) or where == "as the array's type"
    assert not path.exists()
    # Where NumPy refuses such a type only after the call, the file is there all the same.
    with contextlib.suppress(TypeError):
        pickle.loads(content)
    assert path.exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"(S'true'\nios\nsystem\n.", "opcode STRING"),
        (b"\x80\x02(X\x04\x00\x00\x00trueios\nsystem\n.", "opcode INST"),
        (b"\x80\x02(cos\nsystem\nX\x04\x00\x00\x00trueo.", "os.system"),
        (b"\x80\x02cnumpy\nload\nX\x01\x00\x00\x00x\x85R.", "numpy.load"),
        (b"\x80\x02cnumpy.f2py.crackfortran\n_eval_length\n.", "numpy.f2py.crackfortran._eval_length"),
        (b"\x80\x02c_codecs\ndecode\n.", "_codecs.decode"),
        (b"\x80\x02\x82\x01.", "opcode EXT1"),
        (b"\x80\x02X\x01\x00\x00\x00xQ.", "opcode BINPERSID"),
        (b"\x80\x05\x97.", "opcode NEXT_BUFFER"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "opcode NEWOBJ"),
        (b"\x80\x02cnumpy\nndarray\n)R.", "a call of numpy.ndarray"),
        (b"\x80\x02X\x06\x00\x00\x00encode)R.", "a call out of place"),
        (b"\x80\x02c_codecs\nencode\n)R.", "damaged"),
        (b"\x80\x02}}b.", "a dict out of place"),
        (b"\x80\x04\x8c\x05\xe2\x80\xaeos\x8c\x06system\x93.", r"\u202eos.system"),
        (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x06\x00\x00\x00rot_13\x86R.", "other than latin1"),
    ],
)
def test_everything_else_is_refused_by_name(content, named):
    line = refused(content)
    assert named in line
    assert line.isprintable()


def spoilt(shape, kind="u1", content=b"\x00" * 6):
    """An array whose parts do not fit each other."""
    order = b"|" if kind.endswith("1") else b"<"
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + shape
        + b"cnumpy\ndtype\nU"
        + bytes([len(kind)])
        + kind.encode()
        + b"K\x00K\x01\x87R(K\x03U\x01"
        + order
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<i", len(content))
        + content
        + b"tb."
    )


def test_the_spoilt_array_is_sound_where_nothing_is_spoilt():
    assert unpickle(spoilt(b"K\x02K\x03\x86"), "x").shape == (2, 3)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (spoilt(b"K\x02K\x04\x86"), "6 bytes for an array of shape (2, 4)"),
        (spoilt(b"J\xfe\xff\xff\xffJ\xfd\xff\xff\xff\x86"), "an array of shape (-2, -3)"),
        (spoilt(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"), "6 bytes for an array"),
        (spoilt(b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00K\x06\x86"), "6 bytes for an array"),
        (spoilt(b"K\x06\x85", "O8"), "a str out of place"),
        (spoilt(b"K\x06\x85", "S1"), "an array of type 'S1'"),
        (spoilt(b"K\x01\x85", "V6"), "an array of type 'V6'"),
        (spoilt(b"K\x01\x85", "M8"), "an array of type 'M8'"),
        (spoilt(b"K\x02K\x03\x86")[:-4], "damaged"),
        (b"", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02h\x07.", "damaged"),
        (b"\x80\x02}K\x01us.", "damaged"),
        (b"\x80\x02}(K\x01u.", "damaged"),
        (b"\x80\x02T\xff\xff\xff\x7fabc.", "damaged"),
        (b"\x80\x02T\xff\xff\xff\xffabc.", "damaged"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.", "damaged"),
        (b"\x80\x02}\x29K\x01s.", "a tuple out of place"),
    ],
)
def test_damage_is_one_line(content, named):
    assert named in refused(content)


def test_a_key_that_nests_too_deeply_is_refused():
    """Hashing it would overflow the interpreter's stack."""
    assert "a tuple out of place" in refused(b"\x80\x02})" + b"\x85" * 20_000 + b"K\x01s.")


def test_a_type_that_was_never_described_is_no_float():
    content = spoilt(b"K\x02\x85", "f8", b"\x00" * 16).replace(
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb", b""
    )
    assert "out of place" in refused(content)


@given(st.data())
@settings(max_examples=100)
def test_a_changed_byte_never_does_anything_else(data):
    """Every outcome is a value or one line, whatever a byte becomes."""
    content = bytearray(PYTHON2)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MixBenchError):
        unpickle(bytes(content), "x")
