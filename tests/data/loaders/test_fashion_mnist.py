"""Fashion-MNIST from small files in the true format, and the real one where Debian put it."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from official import digest, section

from mixbench.data.files import places
from mixbench.data.files.idx import write_idx
from mixbench.data.loaders import fashion_mnist as loader
from mixbench.data.loaders.fashion_mnist import DEBIAN, fashion_mnist
from mixbench.spec.errors import MixBenchError

COUNTS = {"train": 6, "t10k": 4}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Neither the machine's files nor its network."""
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("MIXBENCH_MIRROR", (tmp_path / "no mirror").as_uri())
    monkeypatch.setattr(loader, "DEBIAN", str(tmp_path / "no debian"))
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return tmp_path


def write(folder, zipped=True, counts=COUNTS):
    """All four files; their arrays by file name."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for part, count in counts.items():
        arrays[f"{part}-images-idx3-ubyte"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        arrays[f"{part}-labels-idx1-ubyte"] = rng.integers(0, 10, count, np.uint8)
    for name, array in arrays.items():
        write_idx(folder / (name + ".gz" * zipped), array)
    return arrays


def refused(**changes):
    """The one line that loading ends with."""
    with pytest.raises(MixBenchError) as caught:
        fashion_mnist(section("fashion-mnist", **changes))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("below", ["fashion-mnist", "FashionMNIST/raw", "cache/fashion-mnist", "no debian"])
def test_read_where_it_lies(home, below, zipped):
    arrays = write(home / below, zipped)
    for part, split in zip(("train", "t10k"), fashion_mnist(section()), strict=True):
        assert np.array_equal(split.images[:, 0].numpy(), arrays[f"{part}-images-idx3-ubyte"])
        assert split.labels.tolist() == arrays[f"{part}-labels-idx1-ubyte"].tolist()
        assert (split.images.dtype, split.labels.dtype, split.white) == (torch.uint8, torch.int64, 255)


def test_a_suites_path_goes_before_all(home):
    write(home / "fashion-mnist", counts={"train": 1, "t10k": 1})
    write(home / "mine")
    assert len(fashion_mnist(section(path=str(home / "mine")))[0]) == 6
    assert "needed train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz" in refused(path=str(home / "none"))


def test_missing_files_are_named(home):
    write(home / "fashion-mnist")
    (home / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    line = refused()
    assert f"needed t10k-labels-idx1-ubyte.gz in {home / 'fashion-mnist'}, got nothing usable" in line


def test_declared_files_are_checked(home):
    write(home / "fashion-mnist")
    path = home / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    right = digest(path.read_bytes(), "sha256")
    assert len(fashion_mnist(section(files={path.name: right}))[0]) == 6
    wrong = digest(b"another", "sha256")
    assert f"needed {wrong}, got {right} in {path}" in refused(files={path.name: wrong})
    assert "Did you mean 'train-images-idx3-ubyte.gz'?" in refused(files={"train-image-idx3-ubyte.gz": wrong})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda content: content[:-1], "bytes and has 4703"),
        (lambda content: content + b"x", "bytes and has more"),
        (lambda content: content[:10], "starts with 00 00 08 03"),
        (lambda content: b"", "starts with nothing"),
        (lambda content: b"\x00\x00\x0d\x03" + content[4:], "starts with 00 00 0d 03"),
        (lambda content: content[:4] + b"\xff" * 12 + content[16:], "it declares"),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_damaged_files_are_named(home, change, named, zipped):
    write(home / "fashion-mnist", zipped)
    path = home / "fashion-mnist" / ("train-images-idx3-ubyte" + ".gz" * zipped)
    content = change(gzip.decompress(path.read_bytes()) if zipped else path.read_bytes())
    path.write_bytes(gzip.compress(content) if zipped else content)
    line = refused()
    assert str(path) in line
    assert named in line


@pytest.mark.parametrize("change", [lambda c: c[:-9], lambda c: c[:40] + b"\x00" * 20 + c[60:], lambda c: b"<html>"])
def test_a_damaged_archive_is_named(home, change):
    write(home / "fashion-mnist")
    path = home / "fashion-mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(change(path.read_bytes()))
    assert f"got {path} (" in refused()


def test_labels_of_another_set_are_refused(home):
    write(home / "fashion-mnist")
    write_idx(home / "fashion-mnist" / "train-labels-idx1-ubyte.gz", np.zeros(5, np.uint8))
    assert "needed a label for each of 6 train images, got 5" in refused()


@pytest.mark.skipif(not Path(DEBIAN).is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_the_real_one(tmp_path, monkeypatch):
    """Its raw bytes are those that torchvision's checksums would give, unpacked: computed here from the files alone."""
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path))
    monkeypatch.setattr(places, "cache", lambda: tmp_path)
    train, test = fashion_mnist(section())
    assert (train.images.shape, test.images.shape) == ((60000, 1, 28, 28), (10000, 1, 28, 28))
    assert train.labels.bincount().tolist() == [6000] * 10
    assert test.labels.bincount().tolist() == [1000] * 10
    raw = gzip.decompress((Path(DEBIAN) / "t10k-images-idx3-ubyte.gz").read_bytes())
    assert hashlib.sha256(raw[16:]).digest() == hashlib.sha256(test.images.numpy().tobytes()).digest()
    # The published mean and deviation.
    assert float(train.images.double().mean() / 255) == pytest.approx(0.2860, abs=1e-4)
    assert float(train.images.double().std() / 255) == pytest.approx(0.3530, abs=1e-4)
