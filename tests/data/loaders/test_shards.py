"""Shards against WebDataset's own writer, against the same pictures in folders, and as a stranger may send them."""

import io
import json
import os
import tarfile

import numpy as np
import pytest
import torch
import webdataset
from pictures import noise, section, write_folder
from PIL import Image
from streams import pets, write_pets

from mixbench.data.checksum import checksum
from mixbench.data.files.tar import Damaged, members
from mixbench.data.images.listed import Listed
from mixbench.data.load import load
from mixbench.data.loaders.shards import shards
from mixbench.data.survey import guess_loader
from mixbench.spec.errors import MixBenchError


def picture(seed, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(noise(seed)).save(file, kind)
    return file.getvalue()


def write_tar(path, *entries, mode="w"):
    """Write an archive of (name, content); a content that is a TarInfo stands for itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, content in entries:
            about = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if about is not content:
                about.size = len(content)
            archive.addfile(about, None if about is content else io.BytesIO(content))
    return path


def pair(key, seed, label, kind="png"):
    return (f"{key}.{kind}", picture(seed)), (f"{key}.cls", label)


def write_good(root):
    write_tar(root / "train" / "0.tar", *pair("a", 1, b"0"), *pair("b", 2, b"1"))
    write_tar(root / "test" / "0.tar", *pair("a", 3, b"0"), *pair("b", 4, b"1"))
    return root


def data(root, **changes):
    return section(root, loader="shards", **changes)


def test_webdatasets_writer_is_read_in_its_order(tmp_path, home):
    pictures = {part: [(picture(seed, "JPEG"), seed % 3) for seed in seeds] for part, seeds in PARTS.items()}
    for part, both in pictures.items():
        (tmp_path / "own" / part).mkdir(parents=True)
        with webdataset.ShardWriter(str(tmp_path / "own" / part / "%03d.tar"), maxcount=3, verbose=0) as writer:
            for key, (jpeg, label) in enumerate(both):
                writer.write({"__key__": f"n/{key:04d}", "jpg": jpeg, "cls": label, "json": {"any": key}})
    found = dict(zip(("train", "test"), shards(data(tmp_path / "own")), strict=True))
    assert len(list((tmp_path / "own" / "train").iterdir())) == 3
    for part, both in pictures.items():
        expected = [torch.from_numpy(_pixels(jpeg)) for jpeg, _ in both]
        assert torch.equal(found[part].images, torch.stack(expected))
        assert found[part].labels.tolist() == [label for _, label in both]


PARTS = {"train": range(7), "test": range(20, 24)}


def _pixels(content):
    return np.asarray(Image.open(io.BytesIO(content))).transpose(2, 0, 1).copy()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("parts", [("train", "test"), ("",)])
def test_shards_are_the_folder_that_they_were_made_of(tmp_path, home, stream, parts):
    root, own = write_pets(tmp_path / "photos", parts=parts), tmp_path / "shards"
    for part in parts:
        files = sorted((root / part).glob("*/*.png"))
        for number, some in enumerate((files[:5], files[5:])):
            entries = [(f"{path.parent.name}/{path.stem}.png", path.read_bytes()) for path in some]
            entries += [
                (f"{path.parent.name}/{path.stem}.cls", str(int(path.parent.name == "dog")).encode()) for path in some
            ]
            write_tar(own / part / f"{number}.tar", *entries)
    fraction = {} if len(parts) == 2 else {"test_fraction": 0.4}
    suites = [pets(place, stream=stream, **fraction) for place in (root, own)]
    folder, sharded = (load(suite.data) for suite in suites)
    assert (suites[0].data.loader, suites[1].data.loader) == ("folder", "shards")
    assert isinstance(sharded.train.images, Listed) == stream
    assert checksum(folder.train, folder.test) == checksum(sharded.train, sharded.test)
    assert suites[0].data.sha256 == suites[1].data.sha256
    assert suites[0].data.mean == suites[1].data.mean


def test_where_shards_are_looked_for(tmp_path, home):
    root = write_good(tmp_path / "own")
    assert guess_loader({"path": root}) == "shards"
    assert guess_loader({"path": write_folder(tmp_path / "pets", "train", "test")}) == "folder"
    assert shards(data(root))[1].labels.tolist() == [0, 1]
    with pytest.raises(MixBenchError, match=r"needed train and one of test, .*, got a test_fraction as well; for"):
        shards(data(root, test_fraction=0.5))
    (root / "test").rename(root / "tests")
    with pytest.raises(MixBenchError, match=r"needed train and one of test, .*, got train alone; for"):
        shards(data(root))
    with pytest.raises(MixBenchError, match=r"needed train/\*\.tar and test/\*\.tar in .*, got neither; add test_frac"):
        shards(data(root / "train"))
    with pytest.raises(MixBenchError, match=r"needed \.tar files in .*, got none; check path"):
        shards(data(tmp_path / "pets" / "train", test_fraction=0.5))


def info(name, **fields):
    about = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(about, key, value)
    return name, about


A, B = pair("a", 1, b"0"), pair("b", 2, b"1")
WRONG = [
    ((*A, B[0]), r"needed b\.cls in train/0\.tar, got the picture alone; write its label"),
    ((*A, B[1]), r"needed a picture in train/0\.tar, got the label b\.cls alone; write its picture"),
    ((*A, *pair("b", 2, b"one")), r"needed a class's number from 0 to 99999, got 'one' in train/0\.tar/b\.cls; write"),
    ((*A, *pair("b", 2, b"-1")), r"needed a class's number .*, got '-1' in"),
    ((*A, *pair("b", 2, b"100000")), r"needed a class's number .*, got '100000' in"),
    ((*A, *pair("b", 2, b"")), r"needed a class's number .*, got '' in"),
    ((*A, *pair("b", 2, b"1" * 5000)), r"needed a class's number .*, got '1111"),
    ((*A, *pair("b", 2, "٣".encode())), r"needed a class's number .*, got '.x"),
    ((*A, *A), r"needed one picture and one label a key, got a\.png and a\.png in train/0\.tar; give each"),
    ((*A, ("a.jpg", b"x"), *B), r"needed one picture and one label a key, got a\.png and a\.jpg in"),
    (
        (*A, info("b.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        r"got train/0\.tar \(b\.png, which is no plain",
    ),
    ((*A, info("b.png", type=tarfile.LNKTYPE, linkname="a.png")), r"got train/0\.tar \(b\.png, which is no plain file"),
    (
        (*A, info("b.png", type=tarfile.FIFOTYPE)),
        r"got train/0\.tar \(b\.png, which is no plain file\); write it again",
    ),
    ((*A, info("b" * 2000)), r"got train/0\.tar \(a name of 2000 letters\); write it again"),
    ((*A, info("b.png", pax_headers={"size": "-1024"})), r"got train/0\.tar \(b\.png of -1024 bytes\); write it again"),
    ((), r"needed pictures in .*train/0\.tar …, got none; check path"),
]


@pytest.mark.parametrize(("entries", "said"), WRONG)
def test_what_is_wrong_in_a_shard_is_one_line_that_names_it(tmp_path, home, entries, said):
    root = write_good(tmp_path / "own")
    write_tar(root / "train" / "0.tar", *entries)
    with pytest.raises(MixBenchError, match=rf"^data own: [^\n]*{said}[^\n]*$"):
        shards(data(root))


def test_names_that_lead_elsewhere_are_only_names(tmp_path, home):
    root = write_good(tmp_path / "own")
    write_tar(root / "train" / "0.tar", *pair("../../b", 1, b"0"), *pair("/etc/c", 2, b"1"))
    train, _ = shards(data(root, stream=True))
    assert (len(train), train.pixels().shape) == (2, (2, 3, 4, 4))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "own"]


def header_of(kind, size):
    about = tarfile.TarInfo("any")
    about.type, about.size = kind, size
    return about.tobuf()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty file"),
        (b"no archive" * 100, "invalid header"),
        (header_of(tarfile.REGTYPE, 2**33 - 1), "unexpected end of data"),
        (header_of(tarfile.XHDTYPE, 2**22) + bytes(2**22), "a header of 4194304 bytes, of which at most 1048576"),
        (header_of(tarfile.GNUTYPE_LONGNAME, 2**22) + bytes(2**22), "a header of 4194304 bytes"),
    ],
)
def test_an_archive_that_is_damaged_or_a_bomb(tmp_path, content, said):
    path = tmp_path / "0.tar"
    path.write_bytes(content)
    with pytest.raises(Damaged, match=said):
        list(members(path))


def test_a_cut_or_compressed_shard_is_named(tmp_path, home):
    root = write_good(tmp_path / "own")
    path = root / "train" / "0.tar"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(MixBenchError, match=r"got train/0\.tar \(unexpected end of data\); write it again"):
        shards(data(root))
    write_tar(path, *A, *B, mode="w:gz")
    with pytest.raises(MixBenchError, match=r"needed a plain \.tar of pictures and labels, got train/0\.tar \("):
        shards(data(root))


def test_a_corrupt_member_is_named_or_skipped(tmp_path, home):
    root = write_good(tmp_path / "own")
    write_tar(root / "train" / "0.tar", *A, ("x/b.png", b"no picture"), ("x/b.cls", b"1"), *pair("c", 2, b"1"))
    with pytest.raises(MixBenchError, match=r"needed an image, got train/0\.tar/x/b\.png, which is corrupt"):
        shards(data(root))
    for stream in (False, True):
        train, _ = shards(data(root, skip_corrupt=True, stream=stream))
        assert train.labels.tolist() == [0, 1]
        assert torch.equal(train.pixels(slice(1, 2))[0], torch.from_numpy(noise(2)).permute(2, 0, 1) / 255)
    (manifest, *_) = home.rglob("manifest.json")
    assert json.loads(manifest.read_text())["skipped"]["train"] == ["train/0.tar/x/b.png"]


def test_a_shard_that_is_cut_later_is_named(tmp_path, home):
    root = write_good(tmp_path / "own")
    train, _ = shards(data(root, stream=True))
    os.truncate(root / "train" / "0.tar", 600)
    with pytest.raises(
        MixBenchError, match=r"^data own: needed train/0\.tar/a\.png as it was .* \(88 of \d+ bytes\); put"
    ):
        train.pixels(slice(0, 1))


def test_a_link_out_of_the_folder_is_refused(tmp_path, home):
    root = write_good(tmp_path / "own")
    outside = write_tar(tmp_path / "1.tar", *A)
    (root / "train" / "1.tar").symlink_to(outside)
    with pytest.raises(MixBenchError, match=r"needed files inside .*, got a link out of it, .*1\.tar; copy the files"):
        shards(data(root))
