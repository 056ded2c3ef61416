"""SVHN from small MATLAB files as they are distributed; torchvision's own reader is the reference."""

import numpy as np
import pytest
import scipy.io
import torch
from official import digest, section

from mixbench.data.files import places
from mixbench.data.loaders.svhn import svhn
from mixbench.spec.errors import MixBenchError

LABELS = {"train": [10, 1, 9, 10, 2], "test": [3, 10]}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("MIXBENCH_MIRROR", (tmp_path / "no mirror").as_uri())
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return tmp_path


def pixels(part):
    shape = (32, 32, 3, len(LABELS[part]))
    return np.random.default_rng(len(part)).integers(0, 256, shape, np.uint8)


def write(folder, part, compressed=True, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    content = {"X": pixels(part), "y": np.array(LABELS[part], np.uint8)[:, None]} | changes
    scipy.io.savemat(folder / f"{part}_32x32.mat", content, do_compression=compressed)
    return folder / f"{part}_32x32.mat"


def refused(**changes):
    """The one line that loading ends with."""
    with pytest.raises(MixBenchError) as caught:
        svhn(section(**changes))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("below", ["", "svhn", "SVHN", "cache/svhn"])
@pytest.mark.parametrize("compressed", [True, False])
def test_read_where_it_lies(home, below, compressed):
    for part in LABELS:
        write(home / below, part, compressed)
    for part, split in zip(LABELS, svhn(section()), strict=True):
        assert np.array_equal(split.images.numpy(), pixels(part).transpose(3, 2, 0, 1))
        assert split.labels.tolist() == [label % 10 for label in LABELS[part]]
        assert (split.images.dtype, split.labels.dtype, split.white) == (torch.uint8, torch.int64, 255)


def test_torchvision_reads_the_same(home, monkeypatch):
    from torchvision.datasets import SVHN

    for part in LABELS:
        write(home, part)
    monkeypatch.setattr(SVHN, "_check_integrity", lambda self: True)
    for part, split in zip(LABELS, svhn(section()), strict=True):
        reference = SVHN(home, split=part)
        assert np.array_equal(split.images.numpy(), reference.data)
        assert split.labels.tolist() == reference.labels.tolist()


def test_declared_files_are_checked(home):
    write(home, "test")
    path = write(home, "train")
    assert f"needed {digest(b'')}, got {digest(path.read_bytes())} in {path}" in refused(files={path.name: digest(b"")})


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.3, 0.9, 0.98])
def test_a_truncated_file_is_named(home, share, compressed):
    write(home, "test")
    path = write(home, "train", compressed)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert f"got {path} (" in refused()


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_named_or_read(home, seed):
    """Whatever changes in the file, there is no other end than a value or one line."""
    write(home, "test")
    path = write(home, "train", compressed=seed % 2 == 0)
    content, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for place in rng.integers(0, 400, 3):
        content[place] = rng.integers(256)
    path.write_bytes(content)
    try:
        train, _ = svhn(section())
    except MixBenchError as error:
        assert str(path) in str(error)  # noqa: PT017 - either end is right
    else:
        assert train.images.shape[1:] == (3, 32, 32)


@pytest.mark.parametrize(
    "changes",
    [
        {"y": np.array([[1], [2]], np.uint8)},
        {"y": np.array([1.5, 1, 2, 3, 4])[:, None]},
        {"X": np.zeros((32, 32, 3, 5))},
        {"X": np.zeros((32, 32, 3), np.uint8)},
        {"X": "text"},
        {"y": np.array([["a"]] * 5, dtype=object)},
    ],
    ids=str,
)
def test_other_arrays_are_refused(home, changes):
    write(home, "test")
    path = write(home, "train", **changes)
    assert f"needed X (32, 32, 3, N) of uint8 and y (N, 1) in a MATLAB file, got {path}" in refused()


def test_a_file_without_them_is_refused(home):
    write(home, "test")
    scipy.io.savemat(home / "train_32x32.mat", {"Z": 1})
    assert "needed X (32, 32, 3, N)" in refused()


def test_without_network_one_line_says_what_to_put_where(home):
    assert f"needed train_32x32.mat, test_32x32.mat in {home / 'svhn'}, got nothing usable" in refused()
