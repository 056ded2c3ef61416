"""What a new suite must declare about its data, found out from the data."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import ValidationError

from mixbench.data.checksum import PIECE, checksum
from mixbench.data.files.progress import in_threads
from mixbench.data.images.decode import Look, Unreadable, look, quiet_pillow
from mixbench.data.images.tree import tree
from mixbench.data.load import read
from mixbench.data.loaders import arrays, folder, imagenet
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections import Data

DIGITS = 6
"""Of mean and std."""

MOST_NAMES = 12
SHAPE = ("channels", "height", "width")
IMAGENET = {"channels": 3, "height": 224, "width": 224, "stored": [256, 256]}


class Survey(NamedTuple):
    """A whole [data] section, the draft's own keys kept, and lines for people: classes, what was skipped, repeats."""

    section: dict[str, Any]
    notes: list[str]


def survey(
    path: str | os.PathLike[str],
    *,
    name: str,
    test_fraction: float | None = None,
    size: int | None = None,
    skip_corrupt: bool = False,
) -> Survey:
    """Survey a user's own data at `path`, square at `size` if given; errors as examine."""
    draft = {"name": name, "path": str(Path(path).absolute()), "test_fraction": test_fraction}
    draft |= {"height": size, "width": size, "skip_corrupt": skip_corrupt or None}
    return examine({key: value for key, value in draft.items() if value is not None})


def examine(draft: dict[str, Any]) -> Survey:
    """Read data as a draft of [data] says (name, path, …) and fill in what a suite must declare.

    `loader` is guessed from the path; channels, height and width are the images' own where they agree. mean and std
    are over training pixels. MixBenchError as the loaders, and where the draft does not say enough.
    """
    try:
        return _examined(draft)
    except OSError as error:
        raise MixBenchError(
            f"data {plain(str(draft.get('name')))}: needed readable files, got {plain(str(error))};"
            " check path and rights"
        ) from None


def _examined(draft: dict[str, Any]) -> Survey:
    guessed = {**draft, "loader": draft.get("loader") or guess_loader(draft)}
    data = _validated({**guessed, **_blank(_shaped(guessed))})
    train, test = read(data)
    classes, notes = _classes(data, train, test)
    mean, std = moments(data, train)
    found = {
        "sha256": train.sha256 or checksum(train, test),
        "train_images": len(train),
        "test_images": len(test),
        "classes": classes,
        **{name: getattr(data, name) for name in SHAPE},
        **({"stored": data.stored} if data.stored else {}),
        "mean": mean,
        "std": std,
    }
    section = _validated({**guessed, **found}).model_dump(mode="json", exclude_unset=True)
    return Survey({key: value for key, value in section.items() if value is not None}, notes)


def guess_loader(draft: dict[str, Any]) -> str:
    """Return the loader that a draft's path looks like, or the data set's name where it has none."""
    if draft.get("path") is None:
        return str(draft.get("name"))
    path = Path(str(draft["path"]))
    if not path.exists():
        raise _no_data(draft, f"nothing at {shown(path)}; check the path")
    if path.suffix == ".npy" and path.is_file():
        raise _no_data(draft, f"the one array {shown(path)}; put images and labels, x_train.npy …, into a folder")
    if not path.is_dir() or any(path.glob("*.npy")):
        return "arrays"
    wnids = [each for each in path.glob("train/n????????") if re.fullmatch(r"n\d{8}", each.name)]
    return "imagenet" if len(wnids) == imagenet.CLASSES else "folder"


def _no_data(draft: dict[str, Any], got: str) -> MixBenchError:
    needed = "a folder of images, an .npz file or a folder of .npy files"
    return MixBenchError(f"data {plain(str(draft.get('name')))}: needed {needed}, got {got}")


def moments(data: Data, train: Split) -> tuple[list[float], list[float]]:
    """Return each channel's mean and standard deviation over the training pixels in [0, 1], rounded to DIGITS.

    MixBenchError for a channel that is constant, by which nothing can be divided.
    """
    counts = torch.zeros(data.channels, 256, dtype=torch.float64)
    step = max(1, PIECE // train.images[:1].nbytes)
    for start in range(0, len(train), step):
        for channel, pixels in enumerate(train.images[start : start + step].transpose(0, 1)):
            counts[channel] += torch.bincount(pixels.flatten().int(), minlength=256)
    levels, weights = torch.arange(256, dtype=torch.float64) / train.white, counts / counts.sum(1, keepdim=True)
    mean = weights @ levels
    std = (weights * (levels - mean[:, None]) ** 2).sum(1).sqrt()
    if float(std.min()) < 10**-DIGITS:
        raise MixBenchError(
            f"data {data.name}: needed training images that differ, got channel {int(std.argmin())} the same"
            " everywhere; check the images"
        )
    return [round(value, DIGITS) for value in mean.tolist()], [round(value, DIGITS) for value in std.tolist()]


def _validated(section: dict[str, Any]) -> Data:
    try:
        return Data.model_validate(section)
    except ValidationError as error:
        raise MixBenchError(f"data: {explain(error, Data.model_fields)}") from None


def _blank(shaped: dict[str, Any]) -> dict[str, Any]:
    """Add stand-ins for what only the images can say."""
    channels = shaped["channels"]
    many = channels if isinstance(channels, int) else 0
    counts = {"train_images": 1, "test_images": 1, "classes": arrays.MOST_CLASSES}
    return {**shaped, **counts, "mean": [0.0] * many, "std": [1.0] * many}


def _shaped(draft: dict[str, Any]) -> dict[str, Any]:
    """Return channels, height and width: the draft's, or those of the images."""
    if draft["loader"] == "imagenet":
        return {key: draft.get(key, value) for key, value in IMAGENET.items()}
    if all(draft.get(name) is not None for name in SHAPE):
        return {name: draft[name] for name in SHAPE}
    known = {name: draft[name] for name in SHAPE if draft.get(name) is not None}
    stand_ins = {**dict.fromkeys(SHAPE, 1), **{name: value for name, value in draft.items() if name not in SHAPE}}
    data = _validated({**stand_ins, **_blank(dict.fromkeys(SHAPE, 1))})
    if draft["loader"] == "arrays":
        return {**dict(zip(SHAPE, _array_shape(data), strict=True)), **known}
    if draft["loader"] == "folder":
        return _picture_shape(data, known)
    raise MixBenchError(f"data {data.name}: needed {', '.join(SHAPE)}, got {', '.join(known) or 'none'}; give them all")


def _array_shape(data: Data) -> tuple[int, int, int]:
    shape = arrays.training_shape(data)
    shapes = arrays.image_shapes(shape)
    if not shapes:
        raise MixBenchError(f"data {data.name}: needed {arrays.SHAPES}, got {shape}; reshape and save them again")
    return shapes[0]


def _picture_shape(data: Data, known: dict[str, Any]) -> dict[str, Any]:
    looks = _looks(data)
    sizes = sorted({each.size for each in looks})
    if len(sizes) != 1 and not {"height", "width"} <= known.keys():
        got = f"images from {_by(sizes[0])} to {_by(sizes[-1])} pixels" if sizes else "none that can be read"
        raise MixBenchError(
            f"data {data.name}: needed images of one size, or a height and a width to bring them to, got {got};"
            " give both (--size SIDE for 'mixbench suite new')"
        )
    height, width = sizes[0] if sizes else (1, 1)
    return {"channels": 1 if all(each.grey for each in looks) else 3, "height": height, "width": width, **known}


def _looks(data: Data) -> list[Look]:
    root = folder.own_path(data)
    parts = ("train", *folder.test_folders(root)) if (root / "train").is_dir() else ("",)
    names = [name for part in parts for name in tree(data, root, part).names]

    def header(name: str) -> Look | None:
        try:
            return look(folder.content(data, root, name))
        except Unreadable:
            return None

    with quiet_pillow(), closing(in_threads(f"{data.name}: looking", header, names)) as found:
        return [each for each in found if each is not None]


def _classes(data: Data, train: Split, test: Split) -> tuple[int, list[str]]:
    if data.loader not in ("folder", "imagenet"):
        labels = torch.cat([train.labels, test.labels])
        count = int(labels.max()) + 1
        absent = sorted(set(range(count)) - set(train.labels.unique().tolist()))
        return count, [f"no training image of class {_some(map(str, absent))}"] if absent else []
    found = (folder if data.loader == "folder" else imagenet).found(data)
    notes = [f"{len(found.classes)} classes: {_some(found.classes)}"]
    for part, names in found.kept.skipped.items():
        notes += [f"{part}: {len(names)} corrupt, skipped: {_some(names)}"] if names else []
    for part, count in found.kept.repeated.items():
        notes += [f"{part}: {count} files repeat another"] if count else []
    return len(found.classes), notes


def _some(names: Any) -> str:
    listed = [plain(name) for name in names]
    return ", ".join(listed[:MOST_NAMES]) + (" …" if len(listed) > MOST_NAMES else "")


def _by(size: Sequence[int]) -> str:
    return "×".join(map(str, size))
