"""A user's image folder: what is read, in which order, and what is refused."""

import os
import shutil
import unicodedata

import numpy as np
import pytest
from pictures import noise, section, write, write_folder

from mixbench.data.checksum import checksum
from mixbench.data.images import tree as tree_module
from mixbench.data.loaders import folder as module
from mixbench.data.loaders.folder import LOADER, folder, found
from mixbench.spec.errors import MixBenchError

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "pets", "train", "test")


def refused(data):
    with pytest.raises(MixBenchError) as caught:
        folder(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_pixels_and_labels_by_sorted_names(root):
    train, test = folder(section(root))
    expected = np.stack([noise(seed).transpose(2, 0, 1) for seed in (1, 2, 3, 4)])
    np.testing.assert_array_equal(train.images.numpy(), expected)
    np.testing.assert_array_equal(test.images.numpy()[0], noise(5).transpose(2, 0, 1))
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 0, 1, 1], [0, 0, 1, 1])
    assert (train.white, train.size, train.sha256) == (255, None, None)
    assert found(section(root)).classes == ["cat", "dog"]


def test_the_file_systems_order_does_not_matter(root, monkeypatch):
    first = folder(section(root))
    scandir = os.scandir

    class Backwards:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = list(entries)[::-1]

        def __enter__(self):
            return self.entries

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(tree_module.os, "scandir", Backwards)
    assert checksum(*folder(section(root, name="again"))) == checksum(*first)


def test_stored_training_images_are_larger_than_the_shown(tmp_path):
    root = tmp_path / "large"
    for part, seed in (("train", 0), ("test", 10)):
        for name in ("a", "b"):
            write(root / part / name / "1.png", noise(seed := seed + 1, 8, 8))
    train, test = folder(section(root, stored=[8, 8]))
    assert (tuple(train.images.shape), tuple(test.images.shape)) == ((2, 3, 8, 8), (2, 3, 4, 4))
    np.testing.assert_array_equal(train.pixels().numpy(), train.images[:, :, 2:6, 2:6].float().numpy() / 255)
    np.testing.assert_array_equal(test.images[0].numpy(), noise(11, 8, 8)[2:6, 2:6].transpose(2, 0, 1))


def test_hidden_files_and_notes_beside_the_classes_are_ignored(root):
    (root / "train" / "cat" / ".DS_Store").write_bytes(b"x")
    (root / "train" / ".cache").mkdir()
    (root / "train" / "README.txt").write_text("pets")
    assert len(folder(section(root))[0]) == 4


def test_links_inside_the_folder_are_followed(root):
    (root / "test" / "cat" / "2.png").symlink_to(root / "test" / "cat" / "1.png")
    kept = found(section(root)).kept
    assert len(kept.test) == 5
    assert kept.notes == ["test: 1 images repeat another"]


def remove_class_images(root):
    for path in (root / "train" / "cat").iterdir():
        path.unlink()


def keep_one_class(root):
    for part in ("train", "test"):
        shutil.rmtree(root / part / "dog")


def link_file_out(root):
    (root / "train" / "cat" / "9.png").symlink_to(write(root.parent / "outside.png", noise(99)))


def link_class_out(root):
    (root / "train" / "eel").symlink_to(write(root.parent / "eel" / "1.png", noise(99)).parent)


def link_part_out(root):
    (root / "train").rename(root.parent / "elsewhere")
    (root / "train").symlink_to(root.parent / "elsewhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove_class_images, "needed images in every class, got none in {root}/train/cat; add some or delete it"),
        (keep_one_class, "needed at least two class folders in {root}/train, got only cat; check the path"),
        (link_file_out, "needed files inside {root}, got a link out of it, {root}/train/cat/9.png; copy the files"),
        (link_class_out, "needed files inside {root}, got a link out of it, {root}/train/eel; copy the files"),
        (link_part_out, "needed files inside {root}, got a link out of it, {root}/train; copy the files"),
        (
            lambda root: shutil.copytree(root / "train" / "cat", root / "train" / "eel\n"),
            "needed the same classes in train and test, got 1 that test lacks, such as eel ; add or delete it",
        ),
        (
            lambda root: shutil.rmtree(root / "train" / "dog"),
            "needed at least two class folders in {root}/train, got only cat; check the path",
        ),
        (
            lambda root: shutil.copytree(root / "test" / "cat", root / "test" / "ant"),
            "needed the same classes in train and test, got 1 that train lacks, such as ant; add or delete it",
        ),
        (
            lambda root: shutil.copy(root / "test" / "cat" / "1.png", root / "train" / "dog" / "copy.png"),
            "needed train and test images that differ, got 1 in both, such as train/dog/copy.png and test/cat/1.png;"
            " delete them from one of the two",
        ),
        (
            lambda root: (root / "train" / "cat" / "notes.txt").write_text("hm"),
            "needed images only in {root}/train/cat, got the file notes.txt; move it away",
        ),
        (
            lambda root: (root / "train" / "cat" / "more.png").mkdir(),
            "needed images only in {root}/train/cat, got the folder more.png; move it away",
        ),
        (
            lambda root: os.mkfifo(root / "train" / "cat" / "pipe.png"),
            "needed images only in {root}/train/cat, got the file pipe.png; move it away",
        ),
        (
            lambda root: write(root / "train" / "stray.png", noise(50)),
            "needed a folder a class in {root}/train, got the image stray.png; sort it into one",
        ),
        (
            lambda root: shutil.rmtree(root / "test"),
            "needed train and one of test, val, valid, validation in {root}, got train alone; for one folder that"
            " test_fraction splits, path names the folder that holds the classes",
        ),
        (
            lambda root: (root / "test").rename(root / "dev"),
            "needed train and one of test, val, valid, validation in {root}, got train and dev; rename the folder of"
            " test images; for one folder that test_fraction splits, path names the folder that holds the classes",
        ),
        (
            lambda root: (root / "train").rename(root / "training"),
            "needed train/CLASS and test/CLASS in {root}, or CLASS and a test_fraction, got neither; check path, or add"
            " test_fraction to the suite's [data]",
        ),
        (
            lambda root: shutil.copytree(root / "test", root / "val"),
            "needed one folder of test images in {root}, got test and val; move those that are not to be tested on"
            " away",
        ),
        (lambda root: shutil.rmtree(root), "needed a folder of images, got none at {root}; check path"),
        (
            lambda root: (root / "test" / "dog" / "1.png").write_bytes(b"\x89PNG"),
            "needed an image, got test/dog/1.png, which is corrupt (it is none of PNG, JPEG, BMP, WEBP, TIFF, PPM,"
            " GIF); mend or delete it, or write skip_corrupt = true in the suite's [data] (--skip-corrupt for 'mixbench"
            " suite new')",
        ),
        (
            lambda root: write(root / "test" / "dog" / "1.png", noise(1, channels=1).astype(np.uint16) * 99),
            "test/dog/1.png: needed 8 bits a channel, got mode I;16; convert it",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(root, home, change, message):
    change(root)
    assert refused(section(root)) == "data own: " + message.format(root=root)
    assert not list(home.rglob("*.npy"))


def test_sections_that_do_not_fit_are_refused(root):
    assert "got test_fraction as well" in refused(section(root, test_fraction=0.5))
    assert "needed a path to the images, got none" in refused(section(root).model_copy(update={"path": None}))
    assert "unknown file in data own '1.png'" in refused(section(root, files={"1.png": "md5:" + "0" * 32}))


def test_no_rights_is_one_line(root, monkeypatch):
    def forbidden(path):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(tree_module.os, "scandir", forbidden)
        message = refused(section(root))
    assert message == f"data own: needed a readable folder, got {root}/train (Permission denied); check path and rights"
    real = module.Path.open
    monkeypatch.setattr(module.Path, "open", lambda path, *a: forbidden(0) if path.suffix == ".png" else real(path, *a))
    assert "needed a readable file, got train/cat/0.png (Permission denied); check its rights" in refused(section(root))


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_class_is_one_in_either_unicode_form(tmp_path, forms):
    for part, form, seed in zip(("train", "test"), forms, (0, 10), strict=True):
        for place, name in enumerate(("café", "caff")):
            write(tmp_path / "own" / part / unicodedata.normalize(form, name) / "0.png", noise(seed + place))
    loaded = found(section(tmp_path / "own"))
    assert loaded.classes == ["caff", "café"]
    assert loaded.kept.train.labels.tolist() == loaded.kept.test.labels.tolist() == [0, 1]
    np.testing.assert_array_equal(loaded.kept.train.images[1], noise(0).transpose(2, 0, 1))
    for form in ("NFC", "NFD"):
        write(tmp_path / "own" / "train" / unicodedata.normalize(form, "café") / "9.png", noise(90))
    assert "'caf\\xe9', which read the same; merge them" in refused(section(tmp_path / "own"))


def test_files_of_the_system_are_skipped_and_counted(root):
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._1.png"):
        (root / "train" / "cat" / name).write_bytes(b"x")
    for name in ("__MACOSX", "@eaDir", "$RECYCLE.BIN"):
        write(root / "test" / name / "cat" / "1.png", noise(70))
    found = LOADER.load(section(root))
    assert (len(found.train), len(found.test), found.classes) == (4, 4, ["cat", "dog"])
    assert found.notes[1] == (
        "7 hidden or system files skipped: .DS_Store, ._1.png, Thumbs.db, desktop.ini, $RECYCLE.BIN, @eaDir, __MACOSX"
    )


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_test_images_may_be_called_otherwise_but_there_is_one_folder_of_them(root, name):
    first = checksum(*folder(section(root)))
    shutil.copytree(root / "test", root / name)
    assert f"got test and {name}; move" in refused(section(root))
    shutil.rmtree(root / "test")
    assert checksum(*folder(section(root))) == first


def test_five_thousand_images_with_one_corrupt_among_them(tmp_path, caplog):
    root = tmp_path / "many"
    pixels = noise(0, 5000 * 8, 8).reshape(5000, 8, 8, 3)
    for place in range(5000):
        part = "test" if place % 5 == 4 else "train"
        write(root / part / f"class{place % 4}" / f"{place}.png", pixels[place])
    corrupt = root / "train" / "class2" / "1682.png"
    corrupt.write_bytes(corrupt.read_bytes()[:-40])
    data = section(root, height=8, width=8)
    assert "got train/class2/1682.png, which is corrupt (" in refused(data)
    kept = found(data.model_copy(update={"skip_corrupt": True})).kept
    assert kept.skipped == {"train": ["train/class2/1682.png"], "test": []}
    assert caplog.messages == ["data own: skipped 1 corrupt: train/class2/1682.png"]
    assert (len(kept.train), len(kept.test)) == (3999, 1000)
    names = sorted(str(path.relative_to(root / "train")) for path in (root / "train").rglob("*.png") if path != corrupt)
    expected = np.stack([pixels[int(name.split("/")[1][:-4])].transpose(2, 0, 1) for name in names])
    np.testing.assert_array_equal(kept.train.images.numpy(), expected)
    assert kept.train.labels.tolist() == [int(name[5]) for name in names]


def test_a_class_of_which_nothing_can_be_read_is_refused(root, home):
    for path in (root / "train" / "dog").iterdir():
        path.write_bytes(b"hm" + path.name.encode())
    message = refused(section(root, skip_corrupt=True))
    assert "got none that can be read in that of train/dog/0.png" in message
    assert not list(home.rglob("*.npy"))
