"""ImageNet's folders: WNIDs, stored and shown sizes, and what is not sorted into them."""

import shutil

import numpy as np
import pytest
from pictures import noise, section, write
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from mixbench.data.loaders import imagenet as module
from mixbench.data.loaders.imagenet import imagenet
from mixbench.spec.errors import MixBenchError

WNIDS = ["n01440764", "n02119789", "n07930864"]


@pytest.fixture
def root(home, monkeypatch):
    monkeypatch.setattr(module, "CLASSES", 3)
    seed = 0
    for wnid in WNIDS[::-1]:
        for part, places in (("train", (10, 9)), ("val", (1,))):
            for place in places:
                name = f"{wnid}_{place}.JPEG" if part == "train" else f"ILSVRC2012_val_{seed:08d}.JPEG"
                write(home / "imagenet" / part / wnid / name, noise(seed := seed + 1, 20 + seed, 30))
    return home / "imagenet"


def data(path=None, **changes):
    return section(path, loader="imagenet", height=7, width=7, stored=[11, 11], **changes).model_copy(
        update={"path": path and str(path)}
    )


def test_equals_torchvisions_folder_and_transforms(root):
    train, test = imagenet(data())
    stored = v2.Compose([v2.Resize(11), v2.CenterCrop(11)])
    shown = v2.Compose([v2.Resize(11), v2.CenterCrop(7)])
    theirs = ImageFolder(str(root / "train"), stored), ImageFolder(str(root / "train"), shown)
    np.testing.assert_array_equal(train.images.permute(0, 2, 3, 1), np.stack([np.asarray(i) for i, _ in theirs[0]]))
    np.testing.assert_array_equal(
        train.pixels().permute(0, 2, 3, 1), np.stack([np.asarray(i) for i, _ in theirs[1]]).astype(np.float32) / 255
    )
    assert train.labels.tolist() == theirs[0].targets == [0, 0, 1, 1, 2, 2]
    val = ImageFolder(str(root / "val"), shown)
    np.testing.assert_array_equal(test.images.permute(0, 2, 3, 1), np.stack([np.asarray(i) for i, _ in val]))
    assert (train.size, test.size) == ((7, 7), None)


def test_a_published_set_stays_as_it_is_whatever_its_parts_share(root):
    (name,) = (root / "val" / WNIDS[0]).iterdir()
    shutil.copy(name, root / "train" / WNIDS[0] / "same.JPEG")
    Image.new("CMYK", (20, 20), (10, 20, 30, 40)).save(root / "train" / WNIDS[0] / "printed.JPEG")
    assert len(imagenet(data())[0]) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda root: shutil.rmtree(root),
            "needed train/WNID/*.JPEG and val/WNID/*.JPEG in {root}, got none; get ILSVRC",
        ),
        (
            lambda root: shutil.rmtree(root / "val" / WNIDS[1]),
            "needed 3 folders such as n01440764 in {root}/val, got 2; unpack and sort the images into them",
        ),
        (
            lambda root: (root / "train" / WNIDS[1]).rename(root / "train" / "dog"),
            "needed 3 folders such as n01440764 in {root}/train, got 2; unpack and sort",
        ),
    ],
)
def test_what_is_not_there_is_said(root, change, message):
    for path in (None, root):
        if not root.exists():
            continue
        change(root) if path is None else None
        with pytest.raises(MixBenchError) as caught:
            imagenet(data(path))
        assert message.format(root=root) in str(caught.value)
