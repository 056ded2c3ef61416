"""A user's own arrays: every name and layout, and what is refused."""

import io
import zipfile

import numpy as np
import pytest
from pictures import noise, section

from mixbench.data.checksum import checksum
from mixbench.data.files import npy
from mixbench.data.loaders.arrays import LOADER, arrays
from mixbench.spec.errors import MixBenchError

TRAIN, TEST = noise(1, 40, 5).reshape(10, 4, 5, 3), noise(2, 24, 5).reshape(6, 4, 5, 3)
LABELS = np.arange(10) % 3
KERAS = {"x_train": TRAIN, "y_train": LABELS, "x_test": TEST, "y_test": LABELS[:6]}

FULL = np.linspace(0, 255, 480).astype(np.uint8).reshape(8, 4, 5, 3)


def data(path, **changes):
    return section(path, loader="arrays", width=5, **changes)


def saved(folder, content):
    path = folder / "own.npz"
    np.savez_compressed(path, **content)
    return path


def refused(section_of_it):
    with pytest.raises(MixBenchError) as caught:
        arrays(section_of_it)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def as_medmnist(content):
    names = {"x_train": "train_images", "y_train": "train_labels", "x_test": "test_images", "y_test": "test_labels"}
    other = {"val_images": TEST[:2], "val_labels": LABELS[:2, None]}
    return {names[name]: array[:, None] if name[0] == "y" else array for name, array in content.items()} | other


@pytest.mark.parametrize(
    "change",
    [
        dict,
        as_medmnist,
        lambda content: {name.replace("x", "X"): array for name, array in content.items()},
        lambda content: {n: a.transpose(0, 3, 1, 2) if n[0] == "x" else a for n, a in content.items()},
        lambda content: {n: a if n[0] == "x" else a.astype(np.uint8) for n, a in content.items()},
    ],
)
def test_names_and_layouts(tmp_path, change):
    train, test = arrays(data(saved(tmp_path, change(KERAS))))
    np.testing.assert_array_equal(train.images.numpy(), TRAIN.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(test.images.numpy(), TEST.transpose(0, 3, 1, 2))
    assert (train.labels.tolist(), test.labels.tolist()) == (LABELS.tolist(), LABELS[:6].tolist())
    assert (train.white, train.size) == (255, None)


def test_a_folder_of_npy_files_reads_the_same(tmp_path):
    for name, array in KERAS.items():
        np.save(tmp_path / f"{name}.npy", array)
    from_file = arrays(data(saved(tmp_path / "..", KERAS)))
    assert checksum(*arrays(data(tmp_path))) == checksum(*from_file)


def test_grey_without_an_axis_of_channels(tmp_path):
    grey = {name: array[..., 0] if name[0] == "x" else array for name, array in KERAS.items()}
    train, _ = arrays(data(saved(tmp_path, grey), channels=1))
    np.testing.assert_array_equal(train.images.numpy(), TRAIN[..., 0][:, None])


def test_one_set_is_split_by_content(tmp_path):
    first = arrays(data(saved(tmp_path, {"x": TRAIN, "y": LABELS}), test_fraction=0.34))
    assert (np.bincount(first[0].labels).tolist(), np.bincount(first[1].labels).tolist()) == ([3, 2, 2], [1, 1, 1])
    pairs = [
        (image.tobytes(), int(label))
        for part in first
        for image, label in zip(part.images.numpy(), part.labels, strict=True)
    ]
    whole = [(image.transpose(2, 0, 1).tobytes(), int(label)) for image, label in zip(TRAIN, LABELS, strict=True)]
    assert sorted(pairs) == sorted(whole)
    again = arrays(data(saved(tmp_path, {"images": TRAIN[::-1], "labels": LABELS[::-1]}), test_fraction=0.34))
    for before, after in zip(first, again, strict=True):
        assert sorted(map(bytes, before.images.numpy())) == sorted(map(bytes, after.images.numpy()))


def test_stored_training_images_and_test_images_of_either_size(tmp_path):
    small = {**KERAS, "x_test": TEST[:, 1:3, 1:4]}
    for content in (KERAS, small):
        train, test = arrays(section(saved(tmp_path, content), loader="arrays", height=2, width=3, stored=[4, 5]))
        np.testing.assert_array_equal(test.images.numpy(), TEST[:, 1:3, 1:4].transpose(0, 3, 1, 2))
        np.testing.assert_array_equal(train.pixels().numpy() * 255, TRAIN[:, 1:3, 1:4].transpose(0, 3, 1, 2))


def test_one_image_under_two_labels_is_named(tmp_path):
    twice = {**KERAS, "x_train": np.concatenate([TRAIN[:9], TRAIN[1:2]])}
    assert LOADER.load(data(saved(tmp_path, twice))).notes == [
        "train: 1 images repeat another",
        "train: one image under two labels: train image 1 and train image 9; delete the wrong one",
    ]
    for fraction in (0.3, 0.6):
        whole = {"x": twice["x_train"], "y": LABELS}
        found = LOADER.load(data(saved(tmp_path, whole), test_fraction=fraction))
        assert not {bytes(image) for image in found.train.images.numpy()} & set(map(bytes, found.test.images.numpy()))
        assert sum("two labels" in note for note in found.notes) == 1


def test_a_larger_stored_image_is_compared_by_what_of_it_is_shown(tmp_path):
    shared = {**KERAS, "x_test": np.concatenate([TEST[:5, 1:3, 1:4], TRAIN[7:8, 1:3, 1:4]])}
    section_of_it = section(saved(tmp_path, shared), loader="arrays", height=2, width=3, stored=[4, 5])
    assert "got 1 in both, such as train image 7 and test image 5" in refused(section_of_it)


CONVERSIONS = {
    "shares": (lambda x: x / 255, "(x * 255)"),
    "half": (lambda x: (x / 255).astype(np.float16), "(x * 255)"),
    "overshot": (lambda x: np.where(x == x.max(), 1.02, x / 255), "(x.clip(0, 1) * 255)"),
    "floats": (lambda x: x.astype(np.float32), "x.round()"),
    "integers": (lambda x: x.astype(np.int64), "x.astype"),
    "sixteen bits": (lambda x: x.astype(np.uint16) * 257, "(x / 65535 * 255)"),
    "twelve bits": (lambda x: np.round(x / 255 * 4095).astype(np.int32), "(x / 4095 * 255)"),
    "bits": (lambda x: x > 127, "x.astype('uint8') * 255"),
    "normalised": (lambda x: x / 127.5 - 1, None),
    "standardised": (lambda x: (x / 255 - 0.4) / 0.3, None),
    "signed": (lambda x: x.astype(np.int16) - 128, None),
    "infinite": (lambda x: np.where(x == 0, np.nan, x / 255), None),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_advice_followed_to_the_letter_keeps_the_picture(tmp_path, name):
    convert, code = CONVERSIONS[name]
    picture = np.arange(240, dtype=np.uint8).repeat(2).reshape(8, 4, 5, 3) // 239 * 255 if name == "bits" else FULL
    content = {**KERAS, "x_train": convert(picture), "y_train": LABELS[:8]}
    advice = refused(data(saved(tmp_path, content))).partition("; ")[2]
    if code is None:
        assert "save them as" not in advice
        return
    said = advice.removeprefix("save them as ").partition(", where")[0]
    assert said.startswith(code)
    np.testing.assert_array_equal(eval(said, {"x": content["x_train"]}), picture)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": TRAIN.astype(np.complex64)}, "needed images of uint8, got complex64; save the images' bytes"),
        ({"y_train": np.eye(3)[LABELS]}, "needed labels (N,) of integers, got (10, 3) of float64"),
        ({"y_train": LABELS.astype(float)}, "needed labels (N,) of integers, got (10,) of float64"),
        ({"y_train": LABELS[:9]}, "got 10 images and 9 labels"),
        ({"x_test": TEST[:0], "y_test": LABELS[:0]}, "got 0 images and 0 labels"),
        ({"y_train": LABELS - 1}, "labels from 0 to at most 99999, got -1 to 1"),
        ({"y_train": LABELS * 50_000}, "labels from 0 to at most 99999, got 0 to 100000"),
        ({"x_test": np.uint8(3)}, "got 0 images and 6 labels"),
        ({"y_train": np.full(10, 2**64 - 1, np.uint64) - LABELS.astype(np.uint64)}, "got 18446744073709551613 to 1844"),
        ({"y_test": LABELS[:6] * 0}, "needed two classes or more, labels from 0 to at most 99999, got 0 to 0"),
        ({"x_test": np.concatenate([TEST[:5], TRAIN[7:8]])}, "got 1 in both, such as train image 7 and test image 5"),
        ({"x_train": TRAIN[:, :, :, :2]}, "of (channels, height, width) (3, 4, 5), got (10, 4, 5, 2)"),
        ({"x_train": TRAIN[:, :3]}, "of (channels, height, width) (3, 4, 5), got (10, 3, 5, 3)"),
        ({"x_train": TRAIN[:, 0, 0]}, "needed images (N, H, W), (N, H, W, C) or (N, C, H, W)"),
        ({"x_train": np.array([{}] * 10)}, "Object arrays cannot be loaded when allow_pickle=False"),
        ({"x_train": None}, "got x_test, y_test, y_train; rename them."),
        ({"x_train": None, "xtrain": TRAIN}, "rename them. Did you mean 'x_train'?"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tmp_path, change, message):
    content = {name: array for name, array in {**KERAS, **change}.items() if array is not None}
    assert message in refused(data(saved(tmp_path, content)))


def test_a_fraction_goes_with_one_set_only(tmp_path):
    assert "needed no test_fraction with the arrays x_train" in refused(data(saved(tmp_path, KERAS), test_fraction=0.5))
    assert "needed a test_fraction with the arrays x, y, got none" in refused(
        data(saved(tmp_path, {"x": TRAIN, "y": LABELS}))
    )


def damaged(path, change):
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    return path


def cut(content):
    del content[len(content) // 2 :]


def flip(content):
    content[200] ^= 255


@pytest.mark.parametrize("change", [cut, flip, bytearray.clear])
def test_a_damaged_file_is_refused(tmp_path, change):
    message = refused(data(damaged(saved(tmp_path, KERAS), change)))
    assert f"in {tmp_path}/own.npz as NumPy saves them without pickle, got " in message


def test_an_archive_that_unpacks_to_too_much_is_refused_before(tmp_path, monkeypatch):
    monkeypatch.setattr(npy, "MAX_BYTES", 100)
    assert "at most 0 are read" in refused(data(saved(tmp_path, KERAS)))


def test_a_header_that_promises_too_much_is_refused(tmp_path):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (2**60, 4, 5, 3)})
    path = saved(tmp_path, {name: array for name, array in KERAS.items() if name != "x_train"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", stream.getvalue())
    assert "needed the array x_train in" in refused(data(path))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1180591620717411303424,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-5, 8, 8), }",
        "{'descr': (",
        "{'descr': (), 'fortran_order': False, 'shape': (3,), }",
        "{'descr': 'O(",
        "{'descr': [(1, 2)], 'fortran_order': False, 'shape': (3,), }",
    ],
)
def test_a_hostile_header_is_refused(tmp_path, header):
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(64)
    path = saved(tmp_path, {name: array for name, array in KERAS.items() if name != "x_train"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", content)
    assert "needed the array x_train in" in refused(data(path))
    for name, array in KERAS.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "x_train.npy").write_bytes(content)
    assert "needed the array x_train in" in refused(data(tmp_path))


def test_places_that_are_none(tmp_path):
    assert f"got nothing at {tmp_path}/none.npz" in refused(data(tmp_path / "none.npz"))
    assert "needed a path to an .npz file, got none" in refused(data(tmp_path).model_copy(update={"path": None}))
    assert f"in {tmp_path}, got none; rename them." in refused(data(tmp_path))


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    for name, array in KERAS.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "x_test.npy").rename(tmp_path / "x_test.npy")
    (folder / "x_test.npy").symlink_to(tmp_path / "x_test.npy")
    assert "got x_test.npy, which is no file inside the folder" in refused(data(folder))


def test_declared_files_are_checked(tmp_path):
    path = saved(tmp_path, KERAS)
    assert "needed md5:00000000000000000000000000000000, got md5:" in refused(
        data(path, files={"own.npz": "md5:" + "0" * 32})
    )
    assert "Did you mean 'own.npz'?" in refused(data(path, files={"own.npy": "md5:" + "0" * 32}))
