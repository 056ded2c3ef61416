"""Equal pixels never stand on both sides of a split, whatever files they come from."""

import shutil

import numpy as np
import pytest
from pictures import noise, section, write_folder
from PIL import Image, PngImagePlugin

from mixbench.data.images.alike import Contents, split_by_content
from mixbench.data.loaders.folder import folder, found
from mixbench.spec.errors import MixBenchError

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "pets", "train", "test")


def refused(data):
    with pytest.raises(MixBenchError) as caught:
        folder(data)
    return str(caught.value)


def test_one_folder_is_split_by_content_alone(tmp_path):
    data = section(write_folder(tmp_path / "one", "", each=10), test_fraction=0.3)
    train, test = folder(data)
    assert (np.bincount(train.labels).tolist(), np.bincount(test.labels).tolist()) == ([7, 7], [3, 3])
    for place, path in enumerate(sorted((tmp_path / "one" / "cat").iterdir())):
        path.rename(path.with_name(f"{'zyxwvutsrq'[place]}.png"))
    again = folder(data)
    for before, after in zip((train, test), again, strict=True):
        assert sorted(map(bytes, before.images.numpy())) == sorted(map(bytes, after.images.numpy()))


def test_one_folder_keeps_equal_images_together(tmp_path):
    root = write_folder(tmp_path / "one", "", each=6)
    for path in list((root / "cat").iterdir()):
        shutil.copy(path, path.with_name(f"copy-{path.name}"))
    kept = found(section(root, test_fraction=0.5)).kept
    assert kept.notes == ["train: 3 images repeat another", "test: 3 images repeat another"]
    assert (len(kept.train), len(kept.test)) == (9, 9)


def test_one_picture_under_two_labels_stays_on_one_side_and_is_named(tmp_path):
    root = write_folder(tmp_path / "one", "", each=6)
    for path in list((root / "cat").iterdir())[:2]:
        with Image.open(path) as picture:
            picture.save(root / "dog" / f"cat-{path.stem}.bmp")
    for fraction in (0.3, 0.5, 0.7):
        kept = found(section(root, test_fraction=fraction)).kept
        pixels = [{image.tobytes() for image in part.images.numpy()} for part in (kept.train, kept.test)]
        assert not pixels[0] & pixels[1]
        assert any("one image under two labels: cat/" in note and " and dog/cat-" in note for note in kept.notes)


def test_two_labels_in_train_are_named(root):
    shutil.copy(root / "train" / "cat" / "1.png", root / "train" / "dog" / "z.png")
    assert found(section(root)).kept.notes == [
        "train: 1 images repeat another",
        "train: one image under two labels: train/cat/1.png and train/dog/z.png; delete the wrong one",
    ]


FORMATS = {
    "a.bmp": {}, "a.tif": {"compression": "tiff_lzw"}, "a.webp": {"lossless": True}, "a.ppm": {},
    "a.png": {"compress_level": 0, "pnginfo": PngImagePlugin.PngInfo()}, "a.gif": None, "a.jpg": None,
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("stored", [None, [8, 8]])
def test_equal_pixels_in_train_and_test_are_refused_whatever_the_format(tmp_path, name, stored):
    """Written to the format, read from it by Pillow, and put beside it as a PNG."""
    root = write_folder(tmp_path / "pets", "train", "test")
    picture = Image.fromarray(noise(60, 16, 16))
    picture.save(root / "train" / "cat" / name, **(FORMATS[name] or {}))
    with Image.open(root / "train" / "cat" / name) as picture:
        picture.convert("RGB").save(root / "test" / "dog" / "other.png")
    assert refused(section(root, height=4, width=4, stored=stored)) == (
        f"data own: needed train and test images that differ, got 1 in both, such as train/cat/{name} and"
        " test/dog/other.png; delete them from one of the two"
    )


def test_turned_grey_and_transparent_pictures_are_compared_as_they_are_shown(root):
    exif = Image.Exif()
    exif[0x0112] = 3
    picture = Image.fromarray(noise(60))
    picture.save(root / "train" / "cat" / "a.png")
    picture.rotate(180).save(root / "test" / "cat" / "b.png", exif=exif)
    assert "train/cat/a.png and test/cat/b.png" in refused(section(root))
    (root / "test" / "cat" / "b.png").unlink()
    picture.putalpha(7)
    picture.save(root / "test" / "dog" / "c.png")
    assert "train/cat/a.png and test/dog/c.png" in refused(section(root))
    (root / "test" / "dog" / "c.png").unlink()
    grey = Image.fromarray(noise(61, channels=1))
    grey.save(root / "train" / "dog" / "d.png")
    grey.convert("RGB").save(root / "test" / "dog" / "e.png")
    assert "train/dog/d.png and test/dog/e.png" in refused(section(root))


def test_split_by_content_by_hand():
    data = section("/nowhere", test_fraction=0.4)
    files, labels = [b"e", b"a", b"c", b"b", b"d", b"z", b"y", b"z"], [0, 0, 0, 0, 0, 1, 1, 1]

    def split(files, pixels):
        return split_by_content(data, Contents(list("abcdefgh"), labels, files, pixels), ["p", "q"])

    assert split(files, files) == ([0, 2, 4, 5, 7], [1, 3, 6])
    # The pixels of e, in another file of the same class and in one of the other, go where the smallest file goes.
    assert split([*files[:4], b"0", *files[5:7], b"x"], [b"e", b"a", b"c", b"b", b"e", b"e", b"y", b"x"]) == (
        [2, 3, 6],
        [0, 1, 4, 5, 7],
    )
    with pytest.raises(MixBenchError, match="two different images in every class to split it, got 1 in q"):
        split(files, [*files[:5], b"z", b"z", b"z"])
