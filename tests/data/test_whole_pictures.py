"""Random resized crop of whole pictures: torchvision's law and pixels, and the centre for everyone else."""

import io
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch
from pictures import noise, write
from PIL import Image
from scipy.stats import ks_2samp
from streams import pets, section, write_pets
from torchvision.transforms import RandomResizedCrop as Torchvisions
from torchvision.transforms import functional

from mixbench.data.feed import transformed
from mixbench.data.images.decode import decode_box
from mixbench.data.load import load
from mixbench.data.transform import draw_crops, flip
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.transform import RandomResizedCrop
from mixbench.spec.seeding import stream
from mixbench.spec.suite import parse_suite

SETTINGS = RandomResizedCrop(scale=[0.08, 1.0], ratio=[3 / 4, 4 / 3])
SIDES = [(375, 500), (500, 333), (60, 400)]
DRAWS = 3000


@pytest.fixture
def suite(tmp_path, home):
    return pets(write_pets(tmp_path / "photos"), whole=True, stored=[10, 9])


@pytest.mark.parametrize("sides", SIDES)
def test_boxes_of_pictures_of_any_size_follow_torchvisions_law(sides):
    mixed = np.array([sides, (300, 300)] * DRAWS)
    found = draw_crops(len(mixed), SETTINGS, np.random.default_rng(5)).boxes(mixed)[::2]
    blank = torch.empty(1, *sides)
    with torch.random.fork_rng():
        torch.manual_seed(6)
        theirs = np.array([Torchvisions.get_params(blank, SETTINGS.scale, SETTINGS.ratio) for _ in range(DRAWS)])
    for law in (
        lambda box: box[:, 0] / (sides[0] - box[:, 2] + 1),
        lambda box: box[:, 1] / (sides[1] - box[:, 3] + 1),
        lambda box: box[:, 2] * box[:, 3],
        lambda box: box[:, 3] / box[:, 2],
    ):
        assert ks_2samp(law(found), law(theirs)).pvalue > 1e-3
    assert (found[:, :2] + found[:, 2:] <= sides).all()


@pytest.mark.parametrize("box", [(0, 0, 37, 23), (3, 5, 20, 11), (10, 2, 1, 1), (36, 22, 1, 1)])
def test_the_cut_is_torchvisions_of_the_picture_to_the_byte(box):
    pixels = noise(3, 37, 23)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    seen = []
    found = decode_box(file.getvalue(), 3, lambda sides: seen.append(sides) or box, (8, 6))
    expected = functional.resized_crop(Image.fromarray(pixels), *box, size=[8, 6])
    np.testing.assert_array_equal(found.transpose(1, 2, 0), np.asarray(expected))
    assert seen == [(37, 23)]


def test_a_turned_picture_is_cut_upright():
    turned, pixels, file = Image.Exif(), noise(4, 6, 9), io.BytesIO()
    turned[0x0112] = 6
    Image.fromarray(pixels).save(file, "PNG", exif=turned)
    found = decode_box(file.getvalue(), 3, lambda sides: (0, 0, *sides), (9, 6))
    np.testing.assert_array_equal(found.transpose(1, 2, 0), np.rot90(pixels, -1))


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_batch_is_cut_by_its_steps_own_draws_whoever_decodes(suite, tmp_path, workers, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DECODERS", workers)
    train = load(suite.data).train
    chunks = [torch.tensor([5, 0, 11]), torch.tensor([2, 15])]
    steps = [(chunk, stream(0, "base transform", 0, step)) for step, chunk in enumerate(chunks)]
    found = list(transformed(train, steps, suite.transform))
    for step, (chunk, images) in enumerate(zip(chunks, found, strict=True)):
        rng = stream(0, "base transform", 0, step)
        pictures = [Image.open(tmp_path / "photos" / name_of(place)) for place in chunk.tolist()]
        crops = draw_crops(len(chunk), suite.transform.random_resized_crop, rng)
        boxes = crops.boxes(np.array([(each.height, each.width) for each in pictures]))
        cut = [
            functional.resized_crop(one, *box, size=[8, 8]) for one, box in zip(pictures, boxes.tolist(), strict=True)
        ]
        expected = torch.stack([functional.pil_to_tensor(each) for each in cut]).float() / 255
        assert torch.equal(images, flip(expected, rng.random(len(chunk)) < 0.5))


def name_of(place):
    """The pictures in their order: eight cats, eight dogs."""
    return f"train/{'cat' if place < 8 else 'dog'}/{place % 8}.png"


def test_everyone_else_sees_the_stored_centre(suite):
    whole, cut = load(suite.data), load(section(suite, whole=False, sha256=None))
    assert tuple(whole.train.images.shape[2:]) == (8, 8)
    assert tuple(cut.train.images.shape[2:]) == (10, 9)
    for one, other in ((whole.train, cut.train), (whole.test, cut.test)):
        assert torch.equal(one.pixels(), other.pixels())


def test_whole_pictures_are_another_suite_and_only_train_streams(suite):
    assert suite.digest != pets_like(suite.written, whole=False).digest
    assert isinstance(load(suite.data).test.images, torch.Tensor)


def pets_like(written, **data):
    tables = {key: value for key, value in written.items() if key != "written"}
    return parse_suite(
        tomli_w.dumps({**tables, "data": {**tables["data"], **data}}), Path(written["data"]["path"]) / "pets.toml"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stream": False}, "whole needs stream to be true or left out"),
        ({"whole": "yes"}, "data.whole"),
    ],
)
def test_what_cannot_be(suite, changes, said):
    with pytest.raises(MixBenchError, match=said):
        pets_like(suite.written, **changes)


def test_whole_needs_a_random_resized_crop(suite):
    with pytest.raises(
        MixBenchError, match=r"data\.whole needs transform\.random_resized_crop, as in the suite imagen"
    ):
        pets_like({**suite.written, "transform": {"crop_padding": 0, "flip": True}, "data": without_stored(suite)})


def without_stored(suite):
    return {key: value for key, value in suite.written["data"].items() if key != "stored"}


def test_a_picture_smaller_than_the_size_is_enlarged(tmp_path, home):
    root = write_pets(tmp_path / "photos")
    write(root / "train" / "cat" / "0.png", noise(99, 1, 3))
    suite = pets(root, whole=True)
    (images,) = transformed(load(suite.data).train, [(torch.arange(16), stream(1, "any"))], suite.transform)
    assert images.shape == (16, 3, 8, 8)
