"""A user's own arrays: an .npz file, or a folder of .npy files, of images and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from mixbench.data.files.npy import Arrays
from mixbench.data.images.alike import Contents, disagreeing, notes_on, refuse_shared, repeated, split_by_content
from mixbench.data.loaders.loader import SHAPE, Loaded, Loader, Shape
from mixbench.data.split import Split, centre
from mixbench.spec.errors import MixBenchError, did_you_mean
from mixbench.spec.plain import plain, shown
from mixbench.spec.ranges import span, to_bytes
from mixbench.spec.sections.data import Data

SPLIT = (("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels", "test_images", "test_labels"))
WHOLE = (("x", "y"), ("images", "labels"))
MOST_CLASSES = 100_000
SHAPES = "images (N, H, W), (N, H, W, C) or (N, C, H, W)"

Labelled = tuple[np.ndarray, np.ndarray]
"""Images (N, C, H, W) uint8 and labels (N,) int64."""


def arrays(data: Data) -> tuple[Split, Split]:
    """Return the splits of the .npz file, or the folder of .npy files, at `data.path`.

    Names as in SPLIT, as Keras and MedMNIST have them, or as in WHOLE with a test_fraction; other arrays are ignored.
    Images uint8 (N, H, W), (N, H, W, C) or (N, C, H, W); labels (N,) or (N, 1) of integers. No pickle is read.
    MixBenchError for anything else, and for images that stand in both splits.
    """
    return loaded(data)[:2]


def loaded(data: Data) -> Loaded:
    """Return the splits with what repeats in them; errors as arrays."""
    train, test, notes = _parts(data)
    size = (data.height, data.width)
    images = torch.from_numpy(test[0])
    if data.stored and list(images.shape[2:]) == data.stored:
        images = centre(images, size)
    return Loaded(
        Split(torch.from_numpy(train[0]), torch.from_numpy(train[1]), size=size if data.stored else None),
        Split(images, torch.from_numpy(test[1])),
        notes=notes,
    )


def image_shapes(shape: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return the channels, height and width that an array of images may mean by its shape, the likeliest first."""
    if len(shape) == 3:
        return [(1, shape[1], shape[2])]
    both = [(shape[3], shape[1], shape[2]), (shape[1], shape[2], shape[3])] if len(shape) == 4 else []
    return sorted(both, key=lambda found: found[0] not in (1, 3))


def _shape(data: Data, known: Shape) -> Shape:
    found = Arrays(data)
    shape = found.read(_names(data, found)[0]).shape
    shapes = image_shapes(shape)
    if not shapes:
        raise MixBenchError(f"data {data.name}: needed {SHAPES}, got {shape}; reshape and save them again")
    return {**dict(zip(SHAPE, shapes[0], strict=True)), **known}


def _parts(data: Data) -> tuple[Labelled, Labelled, list[str]]:
    found = Arrays(data)
    names = _names(data, found)
    pairs = [(found.read(names[i]), found.read(names[i + 1])) for i in range(0, len(names), 2)]
    parts = [_labelled(data, *pair) for pair in pairs]
    contents = [_contents(data, *part, name) for part, name in zip(parts, ("train image", "test image"), strict=False)]
    if len(parts) == 1:
        places = _divided(data, contents[0])
        parts = [(parts[0][0][part], parts[0][1][part]) for part in places]
        contents = [contents[0].only(part) for part in places]
    refuse_shared(data, contents[0], contents[1])
    return (
        parts[0],
        parts[1],
        [note for part in zip(("train", "test"), contents, strict=True) for note in _notes(*part)],
    )


def _contents(data: Data, images: np.ndarray, labels: np.ndarray, name: str) -> Contents:
    whole = [hashlib.sha256(image.data).digest() for image in images]
    shown = centre(images, (data.height, data.width))
    pixels = whole if shown.shape == images.shape else [hashlib.sha256(image.tobytes()).digest() for image in shown]
    return Contents([f"{name} {place}" for place in range(len(images))], labels.tolist(), whole, pixels)


def _notes(part: str, contents: Contents) -> list[str]:
    return notes_on(part, repeated(contents), disagreeing(contents))


def _divided(data: Data, contents: Contents) -> list[list[int]]:
    present = sorted(set(contents.labels))
    places = {label: place for place, label in enumerate(present)}
    dense = contents._replace(labels=[places[label] for label in contents.labels])
    return list(split_by_content(data, dense, [f"class {label}" for label in present]))


def _names(data: Data, found: Arrays) -> tuple[str, ...]:
    names = next((names for names in (*SPLIT, *WHOLE) if set(names) <= set(found.names)), None)
    if names is None:
        there = ", ".join(map(plain, found.names[:8])) or "none"
        known = sorted({*chain(*SPLIT, *WHOLE)} - set(found.names))
        hints = (did_you_mean(name, known) for name in found.names if name not in chain(*SPLIT, *WHOLE))
        raise MixBenchError(
            f"data {data.name}: needed arrays x_train, y_train, x_test, y_test (or train_images …, or x and y) in"
            f" {shown(found.path)}, got {there}; rename them.{next(filter(None, hints), '')}"
        )
    if (len(names) == 2) != (data.test_fraction is not None):
        needed, got = ("a test_fraction", "none") if len(names) == 2 else ("no test_fraction", "one")
        raise MixBenchError(
            f"data {data.name}: needed {needed} with the arrays {', '.join(names)}, got {got}; mend the suite's [data]"
        )
    return names


def _labelled(data: Data, images: np.ndarray, labels: np.ndarray) -> Labelled:
    if images.dtype != np.uint8:
        raise MixBenchError(f"data {data.name}: needed images of uint8, got {_typed(images)}")
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if flat.ndim != 1 or flat.dtype.kind not in "iu":
        raise MixBenchError(
            f"data {data.name}: needed labels (N,) of integers, got {labels.shape} of {labels.dtype};"
            " save one class number an image"
        )
    many = len(images) if images.ndim else 0
    if many != len(flat) or not len(flat):
        raise MixBenchError(
            f"data {data.name}: needed a label for every image, got {many} images and {len(flat)} labels;"
            " save them again"
        )
    return _channels_first(data, images), _checked(data, flat)


def _typed(images: np.ndarray) -> str:
    if images.dtype.kind not in "biuf" or not images.size:
        return f"{images.dtype}; save the images' bytes"
    low, high = float(images.min()), float(images.max())
    return f"{images.dtype} {span(low, high)}; {to_bytes(low, high, images.dtype.kind)}"


def _checked(data: Data, labels: np.ndarray) -> np.ndarray:
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= MOST_CLASSES or lowest == highest:
        raise MixBenchError(
            f"data {data.name}: needed two classes or more, labels from 0 to at most {MOST_CLASSES - 1}, got {lowest}"
            f" to {highest}; mend and save them"
        )
    return labels.astype(np.int64)


def _channels_first(data: Data, images: np.ndarray) -> np.ndarray:
    sizes = {(data.height, data.width), *([(data.stored[0], data.stored[1])] if data.stored else [])}
    wanted = {(data.channels, *size) for size in sizes}
    if images.ndim == 3 and (1, *images.shape[1:]) in wanted:
        return np.ascontiguousarray(images[:, None])
    if images.ndim == 4 and images.shape[1:] in wanted:
        return np.ascontiguousarray(images)
    if images.ndim == 4 and (images.shape[3], *images.shape[1:3]) in wanted:
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    raise MixBenchError(
        f"data {data.name}: needed {SHAPES} of (channels, height, width) {(data.channels, data.height, data.width)},"
        f" got {images.shape}; mend the suite's [data], or the arrays"
    )


def _fits(path: Path) -> bool:
    return not path.is_dir() or any(path.glob("*.npy"))


LOADER = Loader("arrays", loaded, _shape, fits=_fits)
