"""What a survey says is what a suite may declare, against the images themselves."""

import dataclasses
import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import noise, write, write_folder

from mixbench.data import load as load_module
from mixbench.data import loaders
from mixbench.data import survey as survey_module
from mixbench.data.load import LOADERS
from mixbench.data.loaders import imagenet as imagenet_module
from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.data.survey import examine, guess_loader, survey
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.suite import load_suite

pytestmark = pytest.mark.usefixtures("home")


def refused(**draft):
    with pytest.raises(MixBenchError) as caught:
        examine({"name": "own", **draft})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_of_colour(tmp_path):
    root = write_folder(tmp_path / "pets", "train", "test")
    section, notes = examine({"name": "own", "path": str(root)})
    pixels = np.stack([noise(seed) for seed in (1, 2, 3, 4)]).reshape(-1, 3) / 255
    assert notes == ["2 classes: cat, dog"]
    assert section["mean"] == np.round(pixels.mean(0), 6).tolist()
    assert section["std"] == np.round(pixels.std(0), 6).tolist()
    shape = {"channels": 3, "height": 4, "width": 4}
    counts = {"train_images": 4, "test_images": 4, "classes": 2, "class_names": ["cat", "dog"]}
    known = {"name": "own", "loader": "folder", "path": str(root)}
    assert {key: section[key] for key in section if key not in ("mean", "std", "sha256")} == known | shape | counts
    loaded = load_module.load(Data.model_validate(section))
    assert len(loaded.train) == 4
    write(root / "train" / "cat" / "0.png", noise(50))
    with pytest.raises(MixBenchError, match="needed sha256"):
        load_module.load(Data.model_validate(section))


def test_a_folder_of_grey_that_is_split_with_one_corrupt_and_one_repeated(tmp_path):
    for name in ("a", "b"):
        for place in range(4):
            write(tmp_path / "own" / name / f"{place}.png", noise(place + 10 * (name == "b"), 3, 5, channels=1))
    (tmp_path / "own" / "a" / "1.png").write_bytes(b"no image")
    (tmp_path / "own" / "b" / "9.png").write_bytes((tmp_path / "own" / "b" / "0.png").read_bytes())
    draft = {"name": "own", "path": str(tmp_path / "own"), "test_fraction": 0.5, "skip_corrupt": True}
    section, notes = examine(draft)
    assert [section[key] for key in ("channels", "height", "width", "test_fraction")] == [1, 3, 5, 0.5]
    assert section["train_images"] + section["test_images"] == 8
    assert notes[0] == "2 classes: a, b"
    assert sum("1 corrupt, skipped: a/1.png" in note for note in notes) == 1
    assert sum("1 images repeat another" in note for note in notes) == 1


def test_sizes_that_differ_need_one_to_be_given(tmp_path):
    root = write_folder(tmp_path / "pets", "train", "test")
    write(root / "train" / "cat" / "8.png", noise(50, 9, 6))
    assert (
        refused(path=str(root)) == "data own: needed images of one size, or a height and a width to bring them to, got"
        " images from 4×4 to 9×6 pixels; give both (--size SIDE for 'mixbench suite new')"
    )
    assert examine({"name": "own", "path": str(root), "height": 4, "width": 4}).section["train_images"] == 5


def test_arrays_of_either_layout(tmp_path):
    images, labels = noise(1, 60, 5).reshape(20, 3, 5, 3), np.arange(20) % 2 * 3
    for name, array in (("last", images), ("first", images.transpose(0, 3, 1, 2)), ("grey", images[..., 0])):
        path = tmp_path / f"{name}.npz"
        np.savez(path, x_train=array[:12], y_train=labels[:12], x_test=array[12:], y_test=labels[12:])
        section, notes = examine({"name": "own", "path": str(path)})
        channels = 1 if name == "grey" else 3
        assert [section[key] for key in ("loader", "channels", "height", "width")] == ["arrays", channels, 3, 5]
        assert (section["classes"], notes) == (4, ["no training image of class 1, 2"])
        assert section["mean"] == np.round(images[:12].mean((0, 1, 2)) / 255, 6).tolist()[:channels]
        assert len(load_module.load(Data.model_validate(section)).test) == 8


def test_imagenets_folders_have_imagenets_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet_module, "CLASSES", 2)
    root = write_folder(tmp_path / "in", "train", "val", classes=("n00000001", "n00000002"))
    section, notes = examine({"name": "own", "path": str(root)})
    assert [section[key] for key in ("loader", "height", "width", "stored")] == ["imagenet", 224, 224, [256, 256]]
    assert notes == ["2 classes: n00000001, n00000002"]
    assert guess_loader({"name": "own", "path": str(root / "train")}) == "folder"
    load_module.load(Data.model_validate(section))


def test_a_data_set_by_its_name():
    section, notes = examine({"name": "digits", "test_fraction": 0.2})
    shipped = load_suite("digits").written["data"]
    assert (section, notes) == (shipped, [])
    assert (section["train_images"], section["classes"], notes) == (1437, 10, [])
    assert (section["mean"], section["std"]) == ([0.305383], [0.376119])
    assert section["sha256"] == "c8ce53ca10b8fe56a46759775f42443395bdb8c0bd9d90c74f8b53f281100ece"


def test_survey_makes_a_draft_of_what_the_command_line_has(tmp_path, monkeypatch):
    root = write_folder(tmp_path / "pets", "", each=4)
    (root / "dog" / "1.png").write_bytes(b"no image")
    monkeypatch.chdir(tmp_path)
    found = survey("pets", name="mine", test_fraction=0.5, size=3, skip_corrupt=True).section
    draft = {"name": "mine", "path": str(root), "test_fraction": 0.5, "height": 3, "width": 3, "skip_corrupt": True}
    assert found == examine(draft).section
    assert draft.items() <= found.items()
    with pytest.raises(MixBenchError, match="write skip_corrupt = true"):
        survey(root, name="mine", test_fraction=0.5)


def test_drafts_that_do_not_do(tmp_path):
    root = write_folder(tmp_path / "pets", "train", "test")
    assert "unknown data set 'own': known are" in refused(channels=1, height=8, width=8)
    assert "unknown data set 'own': known are" in refused()
    assert "data: height: unknown key" not in refused(path=str(root), height="4", width=4)
    assert "Did you mean 'test_fraction'?" in refused(path=str(root), test_fracton=0.5)
    assert "grey images, as channels = 1 says, got colour" in refused(path=str(root), channels=1)
    assert refused(path=str(tmp_path / "none")) == (
        "data own: needed a folder of images or of shards, an .npz file or a folder of .npy files, got nothing at"
        f" {tmp_path}/none; check the path"
    )
    np.save(tmp_path / "x.npy", np.zeros(3))
    assert f"got the one array {tmp_path}/x.npy; put images" in refused(path=str(tmp_path / "x.npy"))
    black = write_folder(tmp_path / "black", "test")
    for name in ("cat", "dog"):
        write(black / "train" / name / "0.png", np.zeros((4, 4, 3), np.uint8))
    assert "got channel 0 the same everywhere; check the images" in refused(path=str(black))


def test_colour_in_the_test_images_alone_counts(tmp_path):
    for seed, name in enumerate(("a", "b")):
        write(tmp_path / "own" / "train" / name / "0.png", noise(seed, channels=1))
        write(tmp_path / "own" / "test" / name / "0.png", noise(10 + seed))
    assert examine({"name": "own", "path": str(tmp_path / "own")}).section["channels"] == 3


@pytest.mark.parametrize("method", ["exists", "is_dir"])
def test_no_rights_is_one_line(tmp_path, monkeypatch, method):
    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "own").mkdir()
    monkeypatch.setattr(survey_module.Path, method, forbidden)
    message = refused(path=str(tmp_path / "own"))
    assert f"got [Errno 13] Permission denied: '{tmp_path}/own'; check path and rights" in message


def test_published_data_sets_have_more_than_two_classes(monkeypatch):
    """A loader that checks its labels against the classes declared, as those of CIFAR do."""

    def ten(data):
        assert data.classes >= 10
        split = Split(torch.arange(40, dtype=torch.uint8).reshape(10, 1, 2, 2), torch.arange(10))
        return split, split

    monkeypatch.setitem(
        load_module.LOADERS, "ten", Loader("ten", published(ten), of_shape(channels=1, height=2, width=2))
    )
    assert examine({"name": "ten"}).section["classes"] == 10


def test_the_files_of_a_published_set_are_declared_by_their_published_checksums(monkeypatch):
    declared = load_suite("cifar10").written["data"]["files"]
    assert LOADERS["cifar10"].files() == declared
    assert LOADERS["svhn"].files() == load_suite("svhn").written["data"]["files"]
    assert LOADERS["tiny-imagenet"].files() == load_suite("tiny-imagenet").written["data"]["files"]

    def told(data):
        assert data.files == declared
        split = Split(torch.arange(120, dtype=torch.uint8).reshape(10, 3, 2, 2), torch.arange(10))
        return split, split

    shape = of_shape(channels=3, height=2, width=2)
    monkeypatch.setitem(LOADERS, "cifar10", dataclasses.replace(LOADERS["cifar10"], load=published(told), shape=shape))
    assert examine({"name": "cifar10"}).section["files"] == declared
    assert "loader" not in examine({"name": "cifar10"}).section
    assert examine({"name": "mine", "loader": "cifar10"}).section["loader"] == "cifar10"


def objects_of(name):
    """The loaders that a module offers."""
    module = importlib.import_module(f"mixbench.data.loaders.{name}")
    return getattr(module, "LOADERS", None) or [module.LOADER]


def test_every_loader_stands_in_the_table_under_its_own_name():
    modules = {path.stem for path in Path(loaders.__path__[0]).glob("*.py")} - {"__init__", "loader", "rows"}
    tabled = {name for name in modules if any(each in LOADERS.values() for each in objects_of(name))}
    assert tabled == modules
    assert all(name == loader.name for name, loader in LOADERS.items())
