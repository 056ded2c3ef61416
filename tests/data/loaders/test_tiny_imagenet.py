"""Tiny-ImageNet from a small zip as it is distributed, and from its extracted folder."""

import io
import zipfile

import numpy as np
import pytest
import torch
from official import digest, section
from PIL import Image

from mixbench.data.files import places
from mixbench.data.loaders.tiny_imagenet import tiny_imagenet
from mixbench.spec.errors import MixBenchError

WNIDS = ["n02124075", "n01443537", "n04067472"]
SORTED = sorted(WNIDS)
LINES = [
    "val_0.JPEG\tn04067472\t0\t32\t44\t62",
    "val_1.JPEG\tn01443537\t1\t2\t3\t4",
    "val_2.JPEG\tn02124075\t0\t0\t9\t9",
]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MIXBENCH_MIRROR", (tmp_path / "no mirror").as_uri())
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def picture(seed, mode="RGB"):
    """A JPEG's bytes."""
    shape = (64, 64) if mode == "L" else (64, 64, 3)
    memory = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8)).save(memory, "JPEG")
    return memory.getvalue()


def files():
    """Everything in the archive, by path: two training images a class, one of them grey."""
    content = {"wnids.txt": "\n".join(WNIDS).encode(), "words.txt": b"n00001740\tentity"}
    for place, wnid in enumerate(WNIDS):
        content[f"train/{wnid}/{wnid}_boxes.txt"] = b"x"
        for number in range(2):
            mode = "L" if (place, number) == (1, 1) else "RGB"
            content[f"train/{wnid}/images/{wnid}_{number}.JPEG"] = picture(10 * place + number, mode)
    content["val/val_annotations.txt"] = "\n".join([*LINES, ""]).encode()
    content |= {f"val/images/val_{number}.JPEG": picture(100 + number) for number in range(3)}
    content["test/images/test_0.JPEG"] = picture(200)
    return content


def zipped(content):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny-imagenet-200/", b"")
        for name, each in content.items():
            archive.writestr(f"tiny-imagenet-200/{name}", each)
    return memory.getvalue()


def write(folder, content, form="archive"):
    folder.mkdir(parents=True, exist_ok=True)
    if form == "archive":
        (folder / "tiny-imagenet-200.zip").write_bytes(zipped(content))
        return
    for name, each in content.items():
        path = folder / "tiny-imagenet-200" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each)


def tiny(**changes):
    facts = {"channels": 3, "height": 64, "width": 64, "mean": [0.5] * 3, "std": [0.5] * 3, "classes": 3}
    return section("tiny-imagenet", **(facts | changes))


def refused(**changes):
    """The one line that loading ends with."""
    with pytest.raises(MixBenchError) as caught:
        tiny_imagenet(tiny(**changes))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def decoded(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).transpose(2, 0, 1)


@pytest.mark.parametrize("form", ["archive", "folder"])
@pytest.mark.parametrize("below", ["", "tiny-imagenet"])
def test_read_where_it_lies(home, form, below):
    content = files()
    write(home / below, content, form)
    train, test = tiny_imagenet(tiny())
    names = [f"train/{wnid}/images/{wnid}_{number}.JPEG" for wnid in SORTED for number in range(2)]
    assert np.array_equal(train.images.numpy(), np.stack([decoded(content[name]) for name in names]))
    assert train.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert np.array_equal(
        test.images.numpy(), np.stack([decoded(content[f"val/images/val_{n}.JPEG"]) for n in range(3)])
    )
    assert test.labels.tolist() == [2, 0, 1]
    assert (train.images.dtype, train.labels.dtype, train.white) == (torch.uint8, torch.int64, 255)


def test_decoded_once_until_the_archive_changes(home):
    content = files()
    write(home, content)
    first, _ = tiny_imagenet(tiny())
    again, _ = tiny_imagenet(tiny())
    assert torch.equal(first.images, again.images)
    content[f"train/{SORTED[0]}/images/{SORTED[0]}_0.JPEG"] = picture(999)
    write(home, content)
    changed, _ = tiny_imagenet(tiny())
    assert not torch.equal(first.images[0], changed.images[0])
    assert torch.equal(first.images[1:], changed.images[1:])


def test_the_archives_checksum_is_checked(home):
    write(home, files())
    got = digest((home / "tiny-imagenet-200.zip").read_bytes())
    assert len(tiny_imagenet(tiny(files={"tiny-imagenet-200.zip": got}))[0]) == 6
    published = "md5:90528d7ca1a48142e341f4ef8d21d0de"
    assert f"needed {published}, got {got}" in refused(files={"tiny-imagenet-200.zip": published})


def test_a_declared_archive_is_not_replaced_by_a_folder(home):
    write(home, files(), "folder")
    line = refused(files={"tiny-imagenet-200.zip": digest(b"")})
    assert "needed tiny-imagenet-200.zip, whose checksum the suite declares, got its extracted folder" in line


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_truncated_archive_is_one_line(home, share):
    whole = zipped(files())
    (home / "tiny-imagenet-200.zip").write_bytes(whole[: int(share * len(whole))])
    assert "it is truncated or damaged: delete it" in refused()


@pytest.mark.parametrize("form", ["archive", "folder"])
def test_a_corrupt_image_is_named_or_skipped(home, form):
    content = files()
    name = f"train/{SORTED[2]}/images/{SORTED[2]}_1.JPEG"
    content[name] = content[name][:300]
    write(home, content, form)
    assert name in refused()
    assert len(tiny_imagenet(tiny(skip_corrupt=True))[0]) == 5


def test_a_member_whose_bytes_changed_is_named(home):
    whole = bytearray(zipped(files()))
    name = f"train/{SORTED[0]}/images/{SORTED[0]}_0.JPEG"
    start = whole.index(name.encode()) + len(name)
    whole[start + 50 : start + 60] = bytes(10)
    (home / "tiny-imagenet-200.zip").write_bytes(whole)
    assert name in refused()


def test_a_zip_bomb_is_named_not_unpacked(home):
    content = files()
    name = f"train/{SORTED[0]}/images/{SORTED[0]}_0.JPEG"
    content[name] = bytes(1 << 25)
    write(home, content)
    assert f"got {name}, which is corrupt (33554432 bytes, of which at most 16777216 are read)" in refused()


@pytest.mark.parametrize(
    "line",
    ["val_9.JPEG\tn01443537\t0", "val_0.JPEG\tn99999999\t0", "../../../etc/passwd\tn01443537", "val_0.JPEG", "\x1b[2J"],
)
def test_annotations_that_fit_nothing_are_shown(home, line):
    content = files()
    content["val/val_annotations.txt"] += line.encode()
    write(home, content)
    shown = refused()
    assert "needed an image and its class a line in val/val_annotations.txt" in shown
    assert shown.isprintable()


def test_no_annotations_is_one_line(home):
    content = files()
    del content["val/val_annotations.txt"]
    write(home, content)
    assert "needed val/val_annotations.txt in" in refused()


def test_without_network_one_line_says_what_to_put_where(home):
    assert f"needed tiny-imagenet-200.zip in {home / 'tiny-imagenet'}, got nothing usable" in refused()
