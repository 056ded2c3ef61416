"""MNIST's file format, against its bytes written out by hand."""

import gzip

import numpy as np

from mixbench.data.files.idx import read_idx, write_idx

ARRAY = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
BYTES = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(range(12))


def test_what_is_written_are_the_formats_bytes(tmp_path):
    write_idx(tmp_path / "a", ARRAY)
    write_idx(tmp_path / "a.gz", ARRAY)
    assert (tmp_path / "a").read_bytes() == BYTES
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == BYTES


def test_what_is_read_is_the_array(tmp_path):
    (tmp_path / "a").write_bytes(BYTES)
    (tmp_path / "a.gz").write_bytes(gzip.compress(BYTES))
    for name in ("a", "a.gz"):
        found = read_idx(tmp_path / name, 3)
        assert np.array_equal(found, ARRAY)
        found[0] = 0
