"""CIFAR-10 and CIFAR-100 from small batches in the true format; torchvision's own reader is the reference."""

import io
import os
import pickle
import tarfile

import numpy as np
import pytest
import torch
from official import CIFAR10_TRAIN, batch, digest, section

from mixbench.data.files import places
from mixbench.data.loaders.cifar import cifar10, cifar100
from mixbench.spec.errors import MixBenchError

TEN = {name: [seed, seed + 1] for seed, name in enumerate(CIFAR10_TRAIN)} | {"test_batch": [9, 0, 5]}
HUNDRED = {"train": [99, 0, 42, 7], "test": [1, 98]}
LABELS = {cifar10: TEN, cifar100: HUNDRED}
KEYS = {cifar10: "labels", cifar100: "fine_labels"}
BASE = {cifar10: "cifar-10-batches-py", cifar100: "cifar-100-python"}
ARCHIVE = {cifar10: "cifar-10-python.tar.gz", cifar100: "cifar-100-python.tar.gz"}
both = pytest.mark.parametrize("loader", [cifar10, cifar100])


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("MIXBENCH_MIRROR", (tmp_path / "no mirror").as_uri())
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return tmp_path


def colour(**changes):
    facts = {"channels": 3, "height": 32, "width": 32, "mean": [0.5] * 3, "std": [0.5] * 3, "classes": 100}
    return section(**(facts | changes))


def contents(loader):
    """Every batch's bytes by name."""
    more = {"coarse_labels": [0]} if loader is cifar100 else {}
    made = enumerate(LABELS[loader].items())
    return {name: batch(labels, KEYS[loader], seed, changes=more)[0] for seed, (name, labels) in made}


def write_folder(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def packed(files, base, mode="w:gz"):
    """An archive as it is distributed."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode=mode) as archive:
        for name, content in {"batches.meta": b"x", **files}.items():
            member = tarfile.TarInfo(f"{base}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return memory.getvalue()


def refused(loader, **changes):
    """The one line that loading ends with."""
    with pytest.raises(MixBenchError) as caught:
        loader(colour(**changes))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check(loader, splits):
    expected = {name: batch(labels, seed=seed)[1] for seed, (name, labels) in enumerate(LABELS[loader].items())}
    *train, test = expected
    assert np.array_equal(splits[0].images.numpy(), np.concatenate([expected[name] for name in train]))
    assert np.array_equal(splits[1].images.numpy(), expected[test])
    assert splits[0].labels.tolist() == [label for name in train for label in LABELS[loader][name]]
    assert splits[1].labels.tolist() == LABELS[loader][test]
    assert (splits[0].images.dtype, splits[0].labels.dtype, splits[0].white) == (torch.uint8, torch.int64, 255)


@both
@pytest.mark.parametrize("below", ["", "cifar", "cache/cifar"])
@pytest.mark.parametrize("form", ["folder", "archive"])
def test_read_where_it_lies(home, loader, below, form):
    place = home / below.replace("cifar", loader.__name__)
    files = contents(loader)
    if form == "folder":
        write_folder(place / BASE[loader], files)
    else:
        place.mkdir(parents=True, exist_ok=True)
        (place / ARCHIVE[loader]).write_bytes(packed(files, BASE[loader]))
    check(loader, loader(colour()))


@both
def test_a_suites_path_may_be_the_folder_itself(home, loader):
    write_folder(home / "mine", contents(loader))
    check(loader, loader(colour(path=str(home / "mine"))))


@both
def test_torchvision_reads_the_same(home, loader, monkeypatch):
    from torchvision import datasets

    theirs = {cifar10: datasets.CIFAR10, cifar100: datasets.CIFAR100}[loader]
    write_folder(home / BASE[loader], contents(loader))
    monkeypatch.setattr(theirs, "_check_integrity", lambda self: True)
    monkeypatch.setattr(theirs, "_load_meta", lambda self: None)
    for ours, train in zip(loader(colour()), (True, False), strict=True):
        reference = theirs(home, train=train)
        assert np.array_equal(ours.images.permute(0, 2, 3, 1).numpy(), reference.data)
        assert ours.labels.tolist() == reference.targets


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_declared_batches_are_checked_before_they_are_read(home, form):
    files = contents(cifar10)
    declared = {name: digest(content) for name, content in files.items()}
    files["data_batch_3"] = pickle.dumps(Harm(home / "harm"))
    if form == "folder":
        write_folder(home / BASE[cifar10], files)
    else:
        (home / ARCHIVE[cifar10]).write_bytes(packed(files, BASE[cifar10]))
    line = refused(cifar10, files=declared)
    assert f"needed {declared['data_batch_3']}, got {digest(files['data_batch_3'])}" in line
    assert "data_batch_3;" in line
    assert "unknown file in data sample 'data_batch_6'" in refused(cifar10, files={"data_batch_6": digest(b"")})


class Harm:
    """Pickles to a call that writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_a_malicious_batch_is_refused_and_did_not_run(home, form):
    files = contents(cifar10) | {"test_batch": pickle.dumps({"data": Harm(home / "harm")})}
    if form == "folder":
        write_folder(home / BASE[cifar10], files)
    else:
        (home / ARCHIVE[cifar10]).write_bytes(packed(files, BASE[cifar10]))
    line = refused(cifar10)
    assert "test_batch: needed a pickle of plain arrays and lists, got one with the global posix.system" in line
    assert not (home / "harm").exists()


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_archive_is_one_line(home, share):
    whole = packed(contents(cifar10), BASE[cifar10])
    (home / ARCHIVE[cifar10]).write_bytes(whole[: int(share * len(whole))])
    assert f"needed the archive as it is distributed, got {home / ARCHIVE[cifar10]} (" in refused(cifar10)


def test_an_archive_that_is_none_is_one_line(home):
    (home / ARCHIVE[cifar10]).write_bytes(b"<html>")
    assert "truncated or damaged: delete it" in refused(cifar10)


def test_a_wrong_archive_is_refused(home):
    (home / ARCHIVE[cifar10]).write_bytes(packed(contents(cifar10), BASE[cifar10]))
    line = refused(cifar10, files={ARCHIVE[cifar10]: "md5:c58f30108f718f92721af3b95e74349a"})
    assert "needed md5:c58f30108f718f92721af3b95e74349a, got md5:" in line


def test_members_that_lead_elsewhere_are_not_read(home):
    """Links and other paths are no batches, whatever they are called."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        for name in (f"../{BASE[cifar10]}/test_batch", f"/{BASE[cifar10]}/data_batch_1"):
            archive.addfile(tarfile.TarInfo(name))
        link = tarfile.TarInfo(f"{BASE[cifar10]}/data_batch_2")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (home / ARCHIVE[cifar10]).write_bytes(memory.getvalue())
    assert f"needed {', '.join(TEN)} in " in refused(cifar10)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"labels": [1, 10]}, "needed a label from 0 to 9 in labels for each of 2 images, got 2 from 1 to 10"),
        ({"labels": [-1, 1]}, "got 2 from -1 to 1"),
        ({"labels": [1]}, "got 1 from 1 to 1"),
        ({"labels": [1, 2**70]}, "got 2 from 1 to"),
        ({"labels": [1, "2"]}, "got none"),
        ({"labels": None}, "got none"),
        ({"data": np.zeros((2, 3071), np.uint8)}, "needed data (N, 3072) of uint8, got (2, 3071) of uint8"),
        ({"data": np.zeros((2, 3072), np.float32)}, "got (2, 3072) of float32"),
        ({"data": np.array(5, np.uint8)}, "got () of uint8"),
        ({"data": [1, 2]}, "got none"),
    ],
)
def test_what_does_not_fit_is_named_with_its_batch(home, changes, named):
    files = contents(cifar10) | {"data_batch_4": batch([1, 2], changes=changes)[0]}
    write_folder(home / BASE[cifar10], files)
    line = refused(cifar10, classes=10)
    assert named in line
    assert "data_batch_4" in line


def test_a_batch_that_is_no_dict_is_refused(home):
    write_folder(home / BASE[cifar10], contents(cifar10) | {"data_batch_1": pickle.dumps([1], protocol=2)})
    assert "got none in" in refused(cifar10)


@both
def test_without_network_one_line_says_what_to_put_where(home, loader):
    line = refused(loader)
    assert f"needed {ARCHIVE[loader]} in {home / loader.__name__}, got nothing usable" in line
    assert "set MIXBENCH_MIRROR" in line
