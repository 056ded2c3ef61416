"""The reader of outcomes: what numpy wrote comes back, and nothing else is unpacked."""

import contextlib
import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mixbench.results.npz import BROKEN, MAX_ARRAYS, MAX_CONTENT, MAX_FILE, read_npz
from mixbench.results.outcomes import dump, load_outcomes
from mixbench.spec.errors import MixBenchError

GOLDEN = next(Path(__file__).parents[1].joinpath("golden").glob("*.npz"))


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1") + body


def zipped(members, compression=zipfile.ZIP_DEFLATED, comment=b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def refusal(folder: Path, content: bytes) -> str:
    path = folder / "outcomes.npz"
    path.write_bytes(content)
    with pytest.raises(MixBenchError, match=r"needed an \.npz of plain arrays") as caught:
        load_outcomes(path)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


KINDS = st.sampled_from(["?", "u1", "<u2", "<i8", "<f4", "<f8"])


@given(
    arrays.arrays(KINDS.map(np.dtype), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    st.booleans(),
)
@settings(max_examples=60)
def test_what_numpy_wrote_comes_back(array, fortran):
    array = np.asfortranarray(array) if fortran else array
    (back,) = read_npz(dump({"x": array})).values()
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable


def test_a_real_file_reads_as_numpy_reads_it():
    ours = load_outcomes(GOLDEN)
    with np.load(GOLDEN, allow_pickle=False) as theirs:
        assert list(ours) == theirs.files
        for name in theirs.files:
            assert ours[name].dtype == theirs[name].dtype
            assert np.array_equal(ours[name], theirs[name])


X = npy(np.zeros(3))
SHAPE = "'fortran_order': False, 'shape': (3,), }"
BAD = {
    "objects": (zipped([("x.npy", npy(np.array([{}], dtype=object)))]), "no plain array"),
    "records": (zipped([("x.npy", npy(np.zeros(3, dtype=[("a", "<f4")])))]), "no plain array"),
    "text": (zipped([("x.npy", npy(np.array(["a"])))]), "no plain array"),
    "times": (zipped([("x.npy", npy(np.array(["2026-01-01"], dtype="datetime64[D]")))]), "no plain array"),
    "complex numbers": (zipped([("x.npy", npy(np.zeros(3, dtype=complex)))]), "no plain array"),
    "halves": (zipped([("x.npy", npy(np.zeros(3, dtype=np.longdouble)))]), "no plain array"),
    "big-endian": (zipped([("x.npy", npy(np.zeros(3, dtype=">f8")))]), "no plain array"),
    "a call in the header": (zipped([("x.npy", header("{'descr': __import__('os').name, " + SHAPE))]), "no plain"),
    "a deep header": (zipped([("x.npy", header("(" * 60_000))]), "no plain array"),
    "no array": (zipped([("x.npy", b"hello")]), "no plain array"),
    "an empty member": (zipped([("x.npy", b"")]), "no plain array"),
    "more content than shape": (zipped([("x.npy", X + b"\0")]), "bytes"),
    "less content than shape": (zipped([("x.npy", X[:-1])]), "bytes"),
    "a shape beyond memory": (zipped([("x.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': "
        "(999999999999, 999999999999), } \n"))]), "by its header"),
    "a truth of 2": (zipped([("x.npy", header("{'descr': '|b1', " + SHAPE + " \n", b"\x00\x01\x02"))]), "neither 0"),
    "a path up": (zipped([("../x.npy", X)]), "no array's name"),
    "an absolute path": (zipped([("/etc/x.npy", X)]), "no array's name"),
    "a folder": (zipped([("a/x.npy", X)]), "no array's name"),
    "no array's ending": (zipped([("x.txt", X)]), "no array's name"),
    "a name out of sight": (zipped([("x\u202e.npy", X)]), "no array's name"),
    "too many": (zipped([(f"x{i}.npy", X) for i in range(MAX_ARRAYS + 1)]), f"at most {MAX_ARRAYS}"),
    "a comment": (zipped([("x.npy", X)], comment=b"hello"), "directory is not at its end"),
    "something before": (b"#!/bin/sh\n" + zipped([("x.npy", X)]), "no zip archive"),
    "something after": (zipped([("x.npy", X)]) + b"\0", "directory is not at its end"),
    "another compression": (zipped([("x.npy", X)], zipfile.ZIP_LZMA), "compressed in another way"),
    "nothing": (b"", "no zip archive"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plain_array_is_refused(tmp_path, name):
    content, words = BAD[name]
    assert words in refusal(tmp_path, content)


def test_a_name_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([("x.npy", X), ("x.npy", npy(np.ones(3)))])
    assert "twice" in refusal(tmp_path, content)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    """Two members that are declared, together, above the limit; opening one would be too late."""
    content = bytearray(zipped([("x.npy", bytes(10_000_000)), ("y.npy", bytes(10_000_000))]))
    assert len(content) < 50_000
    at = content.index(b"PK\x01\x02")
    for entry in (at, content.index(b"PK\x01\x02", at + 1)):
        content[entry + 24 : entry + 28] = struct.pack("<I", MAX_CONTENT // 2 + 1)
    monkeypatch.setattr(zlib, "decompressobj", lambda *_: pytest.fail("unpacked"))
    assert f"at most {MAX_CONTENT}" in refusal(tmp_path, bytes(content))


@pytest.mark.parametrize("declared", [0, 1, 50, 10**9])
def test_a_member_that_lies_about_its_size_is_refused(tmp_path, declared):
    """The size stands in the directory, 24 bytes into its entry; what is there decides nothing about what is read."""
    content = bytearray(zipped([("x.npy", npy(np.zeros(10_000)))]))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", declared)
    refusal(tmp_path, bytes(content))


def test_an_encrypted_member_is_refused(tmp_path):
    content = bytearray(zipped([("x.npy", X)]))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refusal(tmp_path, bytes(content))


def test_a_second_directory_is_refused(tmp_path):
    """A 64-bit directory, hidden in the comment of the last entry, would have another size than the one checked."""
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo("x.npy")
        archive.writestr(member, X)
        member.comment = locator
    assert "second directory" in refusal(tmp_path, buffer.getvalue())


@pytest.mark.parametrize("size", [0, 2**32 - 1])
def test_a_directory_that_lies_about_its_size_is_refused(tmp_path, size):
    content = bytearray(zipped([("x.npy", X)]))
    content[-10:-6] = struct.pack("<I", size)
    assert "directory is not at its end" in refusal(tmp_path, bytes(content))


def test_a_huge_file_a_folder_and_a_pipe_are_refused_without_being_read(tmp_path):
    huge = tmp_path / "huge.npz"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE + 1)
    os.mkfifo(tmp_path / "pipe.npz")
    for path in (huge, tmp_path, tmp_path / "pipe.npz", tmp_path / "none.npz"):
        with pytest.raises(MixBenchError, match=r"needed an \.npz"):
            load_outcomes(path)


@given(st.data())
@settings(max_examples=150)
def test_any_damage_is_one_error_or_the_same_arrays(data):
    content = bytearray(zipped([("x.npy", X), ("y.npy", npy(np.arange(12, dtype=np.uint16).reshape(3, 4)))]))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = None
    with contextlib.suppress(*BROKEN):
        found = read_npz(bytes(content))
    if found is None:
        return
    # What damage leaves whole has passed its checksums: names may have changed, contents may not.
    assert sorted(values.tobytes() for values in found.values()) == sorted(
        [np.zeros(3).tobytes(), np.arange(12, dtype=np.uint16).tobytes()]
    )
