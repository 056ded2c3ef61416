"""Decoded images on disk: whole or not there, made once."""

import errno
import json
import os
import shutil
import threading

import numpy as np
import pytest
from pictures import noise, section, write, write_folder

from mixbench.data.checksum import checksum
from mixbench.data.files import array_file
from mixbench.data.images import keep, opened
from mixbench.data.images.keep import Source
from mixbench.data.images.write import Pictures
from mixbench.data.loaders.folder import folder
from mixbench.spec.errors import MixBenchError


@pytest.fixture
def root(tmp_path, home):
    return write_folder(tmp_path / "pets", "train", "test", each=3)


@pytest.fixture
def decodings(monkeypatch):
    """Return the names of the parts decoded so far."""
    seen, real = [], keep.write_part

    def counted(data, place, part, *rest):
        seen.append(part)
        return real(data, place, part, *rest)

    monkeypatch.setattr(keep, "write_part", counted)
    return seen


def files(home):
    return sorted(path.name for path in home.rglob("*") if path.is_file() and path.name != ".lock")


WHOLE = ["manifest.json", "test.labels.npy", "test.npy", "train.labels.npy", "train.npy"]


def test_decoded_once_and_again_when_anything_changes(root, home, decodings):
    first = checksum(*folder(section(root)))
    assert checksum(*folder(section(root))) == first
    assert (decodings, files(home)) == (["train", "test"], WHOLE)
    write(root / "train" / "cat" / "1.png", noise(77))
    assert checksum(*folder(section(root))) != first
    folder(section(root, height=2, width=2))
    folder(section(root, skip_corrupt=True))
    assert len(decodings) == 8
    assert {path.name for path in home.iterdir()} == {"own"}


def test_another_folder_of_the_same_listing_is_another(root, tmp_path, decodings):
    first = folder(section(root))
    twin = shutil.copytree(root, tmp_path / "twin")
    os.utime(write(twin / "train" / "cat" / "1.png", noise(88)))
    assert checksum(*folder(section(twin))) != checksum(*first)


def test_large_sets_bring_their_checksum_unless_they_were_touched(root, home, monkeypatch):
    small = folder(section(root))
    assert small[0].sha256 is None
    monkeypatch.setattr(opened, "TRUSTED_BYTES", 6 * 48 - 1)
    large = folder(section(root))
    assert large[0].sha256 == large[1].sha256 == checksum(*small) == checksum(*large)
    (path,) = home.rglob("train.npy")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    touched = folder(section(root))
    assert touched[0].sha256 is None
    assert checksum(*touched) != checksum(*small)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("content", [None, b"", b"[]", b"\x93NUMPY\x01\x00"])
def test_damage_is_decoded_anew(root, home, name, content, decodings):
    first = checksum(*folder(section(root)))
    (path,) = home.rglob(name)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert checksum(*folder(section(root))) == first
    assert (len(decodings), files(home)) == (4, WHOLE)


LISTED = ["manifest.json", "test.labels.npy", "test.listing.npy", "train.labels.npy", "train.listing.npy"]


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("content", [None, b"", b"[]", b"\x93NUMPY\x01\x00"])
def test_a_damaged_list_is_made_anew(root, home, name, content):
    first = checksum(*folder(section(root, stream=True)))
    (path,) = home.rglob(name)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert checksum(*folder(section(root, stream=True))) == first
    assert files(home) == LISTED


def test_the_manifest_says_what_was_skipped_and_repeated(root, home):
    shutil.copy(root / "train" / "cat" / "0.png", root / "train" / "cat" / "9.png")
    (root / "test" / "dog" / "1.png").write_bytes(b"")
    folder(section(root, skip_corrupt=True))
    (path,) = home.rglob("manifest.json")
    about = json.loads(path.read_text())
    assert about["skipped"] == {"train": [], "test": ["test/dog/1.png"]}
    assert about["notes"] == ["train: 1 images repeat another"]


def test_what_a_killed_process_left_is_cleared(root, home):
    left = home / "own" / "decoded" / "0000.partial"
    left.mkdir(parents=True)
    (left / "train.npy").write_bytes(b"half")
    folder(section(root))
    assert (left.exists(), files(home)) == (False, WHOLE)


def test_an_interruption_leaves_nothing(root, home, monkeypatch):
    def interrupted(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(array_file, "put_on_disk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder(section(root))
    assert files(home) == []


def test_a_full_disk_is_one_line(root, home, monkeypatch):
    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(array_file, "put_on_disk", full)
        with pytest.raises(MixBenchError, match=r"needed to write decoded images in .*No space left on device; free"):
            folder(section(root))
    assert files(home) == []
    usage = shutil.disk_usage(root)
    monkeypatch.setattr(keep.shutil, "disk_usage", lambda path: usage._replace(free=2 * 6 * 48 - 1))
    with pytest.raises(
        MixBenchError, match=r"needed 0\.0 MB for decoded images in .*, got less; free some space, or set"
    ):
        folder(section(root))
    monkeypatch.setattr(keep.shutil, "disk_usage", lambda path: usage._replace(free=2 * 6 * 48))
    folder(section(root))


def test_a_folder_that_cannot_be_made_is_one_line(root, home):
    home.write_text("a file in its place")
    with pytest.raises(MixBenchError, match=r"needed to write decoded images in .*or set MIXBENCH_DATA to a folder"):
        folder(section(root))


def test_two_at_once_decode_once(root, home, decodings):
    found, start = [], threading.Barrier(2)

    def load():
        start.wait()
        found.append(checksum(*folder(section(root))))

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert (decodings, files(home)) == (["train", "test"], WHOLE)


def test_the_files_are_plain_npy(root, home):
    train, _ = folder(section(root))
    (images,), (labels,) = home.rglob("train.npy"), home.rglob("train.labels.npy")
    np.testing.assert_array_equal(np.load(images), train.images.numpy())
    np.testing.assert_array_equal(np.load(labels), train.labels.numpy())


def test_a_file_that_cannot_be_read_is_not_taken_for_a_full_disk(home):
    def read(name):
        raise OSError(errno.EIO, "Input/output error")

    pictures = Pictures(["a.png"], [0], read)
    with pytest.raises(MixBenchError, match=r"needed a readable file, got a\.png \(.*Input/output error\); check"):
        keep.keep(section("/nowhere"), "stamp", lambda: Source((pictures, pictures)))
    assert files(home) == []
